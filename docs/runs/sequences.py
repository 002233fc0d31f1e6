"""Sentences of any length, and how much of the past a model takes into account."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

import tracetf
from docs.live.kept import kept
from tracetf.data.splits import splits
from tracetf.data.vocabulary import END, START
from tracetf.recurrent.language import Autoregressive, Bigram, LatentAutoregressive
from tracetf.translate import padded

VARIES = ("latent", "nll", "chances")
translator, recurrent = tracetf.load(), tracetf.load("gru")
size = translator.dimensions.d_model

# the same weights, on sentences of three lengths
OF_LENGTH = {2: "home", 5: "I am a student", 9: "will the soldier not go to the hospital ?"}
self_attention = translator.get_submodule("encoder.layers.0.self_attention")
gru = recurrent.get_submodule("encoder.recurrent")
convolution = nn.Conv1d(size, size, kernel_size=3, padding=1)
connected = nn.Linear(5 * size, 5 * size)  # all of five words at once


def count(layer: nn.Module) -> int:
    """Return how many parameters a layer has."""
    return sum(parameter.numel() for parameter in layer.parameters())


def sizes(model: tracetf.Translator, path: str) -> list[str]:
    """Return the shape of a step for each of the lengths."""
    shapes = []
    for sentence in OF_LENGTH.values():
        with tracetf.record(model, only=path, parameters=False) as run:
            model.translate(sentence)
        shapes.append(" × ".join(str(n) for n in run[path].shape[1:]))
    return shapes


table = {
    "GRU": (sizes(recurrent, "encoder.recurrent.layers.0.forwards.states.outputs"), count(gru)),
    "convolution": (
        [f"{len(convolution(torch.zeros(size, n))[0])} × {size}" for n in OF_LENGTH],
        count(convolution),
    ),
    "self-attention": (
        sizes(translator, "encoder.layers.0.self_attention.output"),
        count(self_attention),
    ),
    "connected": (["—", f"5 × {size}", "—"], count(connected)),
}

# the past of each word grows
SENTENCE = "I am not a doctor"
with tracetf.record(translator) as decoded:
    translation = translator.translate(SENTENCE)
steps = [phase for phase in decoded.phases if phase.startswith("decode")]
vocabulary = translator.vocabularies["target"]
past = [decoded["target", phase].labels["token"][0] for phase in steps]
written = [vocabulary[int(decoded["choice", phase].value[0])] for phase in steps]
growing = "\n".join(
    f"| {len(words)} | `{' '.join(words)}` | `{word}` |" for words, word in zip(past, written, strict=True)
)

# two models of Korean alone: the last word only, or a state that sums up all before
corpus = splits("small")
sentences = padded([[START, *translator.target.encode(pair.target), END] for pair in corpus.train], 0)
bigram = Bigram(len(vocabulary))
bigram.learn(sentences)


def _learn(folder: Path) -> None:
    torch.manual_seed(0)
    model = LatentAutoregressive(len(vocabulary), d_model=32)
    adam = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(200):
        batch = sentences[torch.randint(len(sentences), (64,))]
        loss = model.nll(batch).sum() / (batch[:, 1:] != 0).sum()
        adam.zero_grad()
        loss.backward()
        adam.step()
    save_file(dict(model.named_parameters()), folder / "latent.safetensors")


latent = LatentAutoregressive(len(vocabulary), d_model=32)
latent.load_state_dict(load_file(kept("latent", _learn) / "latent.safetensors"), strict=False)
latent.vocabularies = {"target": vocabulary}


def next_word(model: Autoregressive, words: Sequence[str]) -> Tensor:
    """Return the probabilities of the word after these."""
    with torch.no_grad():
        return model(torch.tensor([[START, *translator.target.encode(words)]]))[0, -1]


PASTS = (("의사", "##가"), ("나", "##는", "의사", "##가"))
NOT = ("아니", "아니었", "아닐")  # 'is not', 'was not', 'will not be'
chances = {
    model: [float(next_word(model, past)[translator.target.encode(NOT)].sum()) for past in PASTS]
    for model in (bigram, latent)
}

# how surprising each word of the translation is
ids = torch.tensor([[START, *translator.target.encode(written[:-1]), END]])
with tracetf.record(latent) as trace, torch.no_grad():
    of_latent = latent.nll(ids)[0].numpy()
with torch.no_grad():
    of_bigram = bigram.nll(ids)[0].numpy()
with tracetf.record(translator, only="probabilities") as forced:
    translator.force(SENTENCE, translation)
given = forced["probabilities"].value[0][np.arange(len(written)), ids[0, 1:].numpy()]
nll = np.stack([of_bigram, of_latent, -np.log(given)])
hidden = trace.at("recurrent.layers.0.forwards.rnn.hidden")
