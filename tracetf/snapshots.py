"""How attention learns: the trace of one sentence, kept again and again while a model trains."""

from pathlib import Path
from warnings import catch_warnings, simplefilter

from tracetf.data.pairs import TextPair
from tracetf.recorder import record
from tracetf.taps import phase
from tracetf.translate import Translator

KEPT = ("source", "target", "expected", "*.cross_attention.weights")


class Snapshots:
    """Keep the cross-attention weights of one sentence, each time in a file: `step-00000100.safetensors`.

    The sentence's translation is given to the decoder, so that the rows are the same from first to last.

    Args:
        folder: where to keep them; made if it is not there.
        pair: the sentence and its translation.
    """

    def __init__(self, folder: Path, pair: TextPair) -> None:
        self.folder = folder
        self.pair = pair

    def __call__(self, step: int, model: Translator) -> None:
        """Keep what the model does after a step, as a trace with the phase `step 100`.

        Raises:
            OSError: the file cannot be written.
        """
        self.folder.mkdir(exist_ok=True)
        with catch_warnings():
            simplefilter("ignore", UserWarning)  # a word that the model never met is no news each time
            with record(model, only=KEPT, parameters=False) as trace, phase(f"step {step}"):
                model.force(self.pair.source, self.pair.target)
        trace.save(self.folder / f"step-{step:08}.safetensors")
