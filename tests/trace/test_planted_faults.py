"""Formulas that students get wrong, planted in the reference: `compare` and `verify` name the step."""

import inspect
from collections.abc import Callable
from math import sqrt
from textwrap import dedent
from typing import Any

import pytest
import torch
from einops import rearrange
from torch import Tensor, nn

from tracetf import encoder_decoder, transformer
from tracetf.layers import attention, cache, embedding, positions
from tracetf.layers.cache import Kept
from tracetf.layers.dropout import Dropout, draws
from tracetf.layers.norm import LayerNorm
from tracetf.layers.residual import Residual
from tracetf.taps import tap
from tracetf.trace import verify
from tracetf.trace.compare import compare
from tracetf.transformer import Decoder

CONCAT = "batch head query d_v -> batch query (head d_v)"


def instead(owner: Any, name: str, pattern: str, faulty: Callable[..., Tensor]) -> dict[str, Any]:
    """Replace an einops function where it is called with this pattern."""
    right = getattr(owner, name)

    def choose(*given: Any, **sizes: int) -> Tensor:
        return faulty(*given[:-1]) if given[-1] == pattern else right(*given, **sizes)

    return patched(owner, name, choose)


def patched(owner: Any, name: str, faulty: Any) -> dict[str, Any]:
    return {"patches": [(owner, name, faulty)]}


def rewritten(layer: type[nn.Module], right: str, wrong: str) -> dict[str, Any]:
    """Replace a piece of the formula itself."""
    source = dedent(inspect.getsource(layer.forward))
    assert source.count(right) == 1
    names = dict(layer.forward.__globals__)
    exec(source.replace(right, wrong), names)
    return patched(layer, "forward", names["forward"])


def swapped(**swaps: type[nn.Module]) -> dict[str, Any]:
    return {"swaps": swaps}


def split_by_view(x: Tensor, W: Tensor) -> Tensor:
    products = x @ rearrange(W, "head d_model d -> d_model (head d)")
    return products.reshape(len(products), len(W), products.shape[1], -1)


def merge_by_view(heads: Tensor) -> Tensor:
    return heads.reshape(len(heads), heads.shape[2], -1)


def merge_inside_out(heads: Tensor) -> Tensor:
    return rearrange(heads, "batch head query d_v -> batch query (d_v head)")


def over_queries(x: Tensor, dim: int) -> Tensor:
    return nn.functional.softmax(x, dim=-2)


class MaskedInTraining(attention.MultiHeadAttention):
    def forward(self, x: Tensor, memory: Tensor, mask: Tensor, cache: Kept | None = None) -> Tensor:
        return super().forward(x, memory, mask if self.training else torch.ones_like(mask), cache)


class Norm(LayerNorm):
    """A norm with its formulas apart, for others to get one of them wrong."""

    axis = -1
    correction = 0

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(self.axis, keepdim=True)
        variance = x.var(self.axis, keepdim=True, correction=self.correction)
        normalized = (x - mean) / self.deviation(variance)
        output = self.output(normalized)
        tap(mean=mean, variance=variance, normalized=normalized, output=output)
        return output

    def deviation(self, variance: Tensor) -> Tensor:
        return torch.sqrt(variance + self.epsilon)

    def output(self, normalized: Tensor) -> Tensor:
        return self.gamma * normalized + self.beta


class Unbiased(Norm):
    correction = 1


class OverWords(Norm):
    axis = -2


class EpsilonOutside(Norm):
    def deviation(self, variance: Tensor) -> Tensor:
        return torch.sqrt(variance) + self.epsilon


class NoGamma(Norm):
    def output(self, normalized: Tensor) -> Tensor:
        return normalized + self.beta


class NoBeta(Norm):
    def output(self, normalized: Tensor) -> Tensor:
        return self.gamma * normalized


class NotAdded(Residual):
    def forward(self, x: Tensor, update: Tensor) -> Tensor:
        added = self.dropout(update) + 0
        tap(added=added)
        return added


class NotRescaled(Dropout):
    def forward(self, x: Tensor) -> Tensor:
        kept = draws(x) >= round(self.p * 2**16) - 2**15
        dropped = x * kept
        tap(kept=kept, dropped=dropped)
        return dropped


class NewestFirst(Kept):
    def extend(self, K: Tensor, V: Tensor) -> tuple[Tensor, Tensor]:
        if self.keys is not None and self.values is not None:
            K, V = torch.cat([K, self.keys], dim=2), torch.cat([V, self.values], dim=2)
            tap(keys=K, values=V)
        self.keys, self.values = K, V
        return K, V


class PositionsForgotten(Decoder):
    def embed(self, tokens: Tensor, start: int = 0) -> Tensor:
        scaled = self.embedding(tokens)
        self.positions(scaled, start)
        embedded = scaled + 0
        tap(embedded=embedded)
        return embedded


def mask_by_rows(source: Tensor, padding: int) -> Tensor:
    source_mask = rearrange(source != padding, "batch query -> batch query 1")
    tap(source_mask=source_mask)
    return source_mask


def causal(may_see: Callable[[Tensor, Tensor], Tensor], padded: bool = True) -> dict[str, Any]:
    """Make a target mask by another rule: which key a query may see, and whether padding is hidden."""

    def target_mask(target: Tensor, padding: int, read: int) -> Tensor:
        word = torch.arange(target.shape[1])
        seen = (target != padding)[:, None] if padded else torch.ones(len(target), 1, 1, dtype=torch.bool)
        target_mask = may_see(word[:, None], word) & seen
        tap(target_mask=target_mask)
        return target_mask

    return patched(transformer, "target_mask", target_mask)


def waves(
    first: int = 0, even: Any = torch.sin, odd: Any = torch.cos, power: int = 1, order: str = "(pair two)"
) -> dict[str, Any]:
    """Make sinusoids as students write them."""

    def sinusoid(length: int, d_model: int) -> Tensor:
        column = torch.arange(0, d_model, 2)
        angle = (first + torch.arange(length))[:, None] / 10000 ** (power * column / d_model)
        return rearrange([even(angle), odd(angle)], f"two length pair -> length {order}").float()

    return patched(positions, "sinusoid", sinusoid)


ATTENTION, NORM = "encoder.layers.0.self_attention", "encoder.layers.0.self_attention_norm"
FORWARD, WAVES = "encoder.layers.0.feed_forward", "encoder.positions.waves"

FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "scale forgotten": (f"{ATTENTION}.scaled", patched(attention, "sqrt", lambda d_k: 1)),
    "divided by d_k": (f"{ATTENTION}.scaled", patched(attention, "sqrt", lambda d_k: d_k)),
    "divided by √d_model": (f"{ATTENTION}.scaled", patched(attention, "sqrt", lambda d_k: sqrt(12))),
    "softmax over queries": (f"{ATTENTION}.weights", patched(torch, "softmax", over_queries)),
    "mask upside down": (
        f"{ATTENTION}.masked",
        rewritten(attention.MultiHeadAttention, "mask[:, None]", "~mask[:, None]"),
    ),
    "mask dropped in evaluation": (f"{ATTENTION}.masked", swapped(self_attention=MaskedInTraining)),
    "mask with a finite number": (f"{ATTENTION}.masked", patched(attention, "inf", 1e4)),
    "K not transposed": (f"{ATTENTION}.scores", rewritten(attention.MultiHeadAttention, "Q @ K.mT", "Q @ K")),
    "heads split by view": (f"{ATTENTION}.Q", patched(attention, "project", split_by_view)),
    "heads merged by view": (f"{ATTENTION}.concat", instead(attention, "rearrange", CONCAT, merge_by_view)),
    "heads merged inside out": (
        f"{ATTENTION}.concat",
        instead(attention, "rearrange", CONCAT, merge_inside_out),
    ),
    "variance unbiased": (f"{NORM}.variance", swapped(self_attention_norm=Unbiased)),
    # At the usual ε of 1e-5 the two agree within the tolerance.
    "ε outside the root": (
        f"{NORM}.normalized",
        swapped(self_attention_norm=EpsilonOutside) | {"both": {"epsilon": 1e-3}},
    ),
    "γ forgotten": (f"{NORM}.output", swapped(self_attention_norm=NoGamma)),
    "β forgotten": (f"{NORM}.output", swapped(self_attention_norm=NoBeta)),
    "normalised over words": (f"{NORM}.mean", swapped(self_attention_norm=OverWords)),
    "residual not added": (f"{ATTENTION}_residual.added", swapped(self_attention_residual=NotAdded)),
    "ReLU forgotten": (f"{FORWARD}.activated", patched(torch, "relu", lambda hidden: hidden + 0)),
    "GELU for ReLU": (f"{FORWARD}.activated", patched(torch, "relu", nn.functional.gelu)),
    "embedding not scaled": ("encoder.embedding.scaled", patched(embedding, "sqrt", lambda d_model: 1)),
    "positions from 1": (WAVES, waves(first=1)),
    "sine and cosine swapped": (WAVES, waves(even=torch.cos, odd=torch.sin)),
    "sines beside cosines": (WAVES, waves(order="(two pair)")),
    "exponent doubled": (WAVES, waves(power=2)),
    "positions not added": ("decoder.embedded", swapped(decoder=PositionsForgotten)),
    "padding hides rows": ("source_mask", patched(encoder_decoder, "source_mask", mask_by_rows)),
    "causal mask upside down": ("target_mask", causal(torch.le)),
    "causal mask hides the word itself": ("target_mask", causal(torch.gt)),
    "padding in sight": ("target_mask", causal(torch.ge, padded=False)),
    "dropout not rescaled": (
        "encoder.dropout.dropped",
        swapped(dropout=NotRescaled) | {"run": "train", "both": {"dropout": 0.1}},
    ),
    "newest keys first": (
        "decoder.layers.0.self_attention.keys",
        patched(cache, "Kept", NewestFirst) | {"run": "decode"},
    ),
}


@pytest.mark.parametrize(("step", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_broken_formula_is_named_by_compare_and_by_verify(
    step: str, fault: dict[str, Any], two_runs: Any
) -> None:
    reference, faulty = two_runs(**fault)
    assert verify(reference)
    comparison = compare(reference, faulty)
    assert not comparison
    assert (comparison.first.path, comparison.first.cause) == (step, "here")
    wrong, _ = verify(faulty).disagreed[0]
    assert (wrong.path, wrong.phase) == (step, comparison.first.phase)
