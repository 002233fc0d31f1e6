"""Trained translators: those that come with the package, by name, and any other in a file."""

from importlib.resources import as_file, files
from pathlib import Path

from tracetf import checkpoint
from tracetf.checkpoint import Checkpoint
from tracetf.data.tokenizers import restored
from tracetf.files import refusing_damage
from tracetf.translate import Translator
from tracetf.translators import untrained
from tracetf.whatifs import without

SHIPPED = ("student", "gru", "gru-attention")


def load(name: str | Path = "student") -> Translator:
    """Load a translator.

    Args:
        name: one that comes with the package, `student` (the Transformer), `gru` or `gru-attention`; or the
            path of a checkpoint.

    Raises:
        ValueError: the file is damaged, or not a checkpoint of ours.
        OSError: the file cannot be read.
    """
    if name in SHIPPED:
        with as_file(files("tracetf") / "models" / f"{name}.safetensors") as shipped:
            return _restored(checkpoint.read(shipped), shipped)
    return _restored(checkpoint.read(Path(name)), Path(name))


def _restored(made: Checkpoint, path: Path) -> Translator:
    with refusing_damage(path, "checkpoint", checkpoint.REMEDY):
        sides = {side: restored(made.tokenizers[side], words) for side, words in made.vocabularies.items()}
        model = untrained(made.dimensions, sides["source"], sides["target"], made.provenance)
        if made.left_out:
            model = without(model, *made.left_out)
    for name, parameter in model.named_parameters():
        parameter.data = made.weights[name]
    return model.eval()
