"""Right formulas handed the wrong thing: `verify` cannot tell, `compare` names the step and the thing."""

from typing import Any

import pytest
from torch import Tensor, nn

from tracetf.trace import verify
from tracetf.trace.compare import compare
from tracetf.transformer import Decoder, DecoderLayer, Encoder, EncoderLayer, Transformer


class ResidualForgotten(EncoderLayer):
    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = self.self_attention_norm(self.self_attention(x, x, mask))
        return self.feed_forward_norm(self.feed_forward_residual(x, self.feed_forward(x)))


class QueriesFromMemory(DecoderLayer):
    def forward(
        self, x: Tensor, memory: Tensor, target_mask: Tensor, source_mask: Tensor, cache: Any
    ) -> Tensor:
        looked = self.self_attention(x, x, target_mask, cache.self_attention)
        x = self.self_attention_norm(self.self_attention_residual(x, looked))
        looked = self.cross_attention(memory, memory, source_mask, cache.cross_attention)
        x = self.cross_attention_norm(self.cross_attention_residual(x, looked))
        return self.feed_forward_norm(self.feed_forward_residual(x, self.feed_forward(x)))


class MasksSwapped(DecoderLayer):
    def forward(
        self, x: Tensor, memory: Tensor, target_mask: Tensor, source_mask: Tensor, cache: Any
    ) -> Tensor:
        return super().forward(x, memory, source_mask, target_mask, cache)


class FirstLayerOnly(Encoder):
    def forward(self, source: Tensor, mask: Tensor) -> Tensor:
        x = self.embed(source)
        outputs = [x := layer(x, mask) for layer in self.layers]
        return outputs[0]


class OneLayerForAll(Encoder):
    def forward(self, source: Tensor, mask: Tensor) -> Tensor:
        x = self.embed(source)
        for _ in self.layers:
            x = self.layers[0](x, mask)
        return x


class AlwaysFromTheStart(Decoder):
    def embed(self, tokens: Tensor, start: int = 0) -> Tensor:
        return super().embed(tokens)


def memory_of_the_layer_beside(model: Transformer) -> None:
    """Hand the second decoder layer what the first encoder layer made."""
    made: list[Tensor] = []

    class Wrong(DecoderLayer):
        def forward(
            self, x: Tensor, memory: Tensor, target_mask: Tensor, source_mask: Tensor, cache: Any
        ) -> Tensor:
            return super().forward(x, made[-1], target_mask, source_mask, cache)

    model.encoder.layers[0].register_forward_hook(lambda *call: made.append(call[-1]))
    model.decoder.layers[1].__class__ = Wrong


def weights_of_its_own(model: Transformer) -> None:
    model.output.weight = nn.Parameter(model.output.weight.flip(0))


SELF, CROSS = "encoder.layers.0.self_attention", "decoder.layers.{}.cross_attention"
FIRST = "encoder.layers.0.feed_forward_norm.output"
MEMORY = "encoder.layers.1.feed_forward_norm.output"

# The step that comes out otherwise first; what it reads, in the reference and here; the fault.
FAULTS: dict[str, tuple[str, tuple[str, str, str], dict[str, Any]]] = {
    "dropout left on in evaluation": (
        f"{SELF}.Q",
        ("x", "encoder.embedded", "encoder.dropout.dropped"),
        {"wire": lambda model: model.train(), "both": {"dropout": 0.1}},
    ),
    "pre- for post-norm": (
        f"{SELF}.Q",
        ("x", "encoder.embedded", f"{SELF}_norm.output"),
        {"changes": {"norm": "pre"}},
    ),
    "residual forgotten": (
        f"{SELF}_norm.mean",
        ("x", f"{SELF}_residual.added", f"{SELF}.output"),
        {"swaps": {"encoder.layers.0": ResidualForgotten}},
    ),
    "K from the memory of another layer": (
        f"{CROSS.format(1)}.K",
        ("memory", MEMORY, FIRST),
        {"wire": memory_of_the_layer_beside},
    ),
    "wrong encoder output to the decoder": (
        f"{CROSS.format(0)}.K",
        ("memory", MEMORY, FIRST),
        {"swaps": {"encoder": FirstLayerOnly}},
    ),
    "one layer's weights for all": (
        f"{CROSS.format(0)}.K",
        ("memory", MEMORY, FIRST),
        {"swaps": {"encoder": OneLayerForAll}},
    ),
    "Q from the memory": (
        f"{CROSS.format(0)}.Q",
        ("x", "decoder.layers.0.self_attention_norm.output", MEMORY),
        {"swaps": {"decoder.layers.0": QueriesFromMemory}},
    ),
    "masks swapped": (
        "decoder.layers.0.self_attention.masked",
        ("mask", "target_mask", "source_mask"),
        {"swaps": {"decoder.layers.0": MasksSwapped}},
    ),
    "cache forgets the position": (
        "decoder.positions.waves",
        ("start", "1", "0"),
        {"swaps": {"decoder": AlwaysFromTheStart}, "run": "decode"},
    ),
    "output not tied": (
        "output.logits",
        ("weight", "output.weight", "output.weight"),
        {"wire": weights_of_its_own},
    ),
}


@pytest.mark.parametrize(("step", "read", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_step_handed_something_else_is_named_by_compare_alone(
    step: str, read: tuple[str, str, str], fault: dict[str, Any], two_runs: Any
) -> None:
    reference, faulty = two_runs(**fault)
    assert verify(faulty), str(verify(faulty))
    comparison = compare(reference, faulty)
    assert not comparison
    assert (comparison.first.path, comparison.first.cause) == (step, "before")
    [other] = [one for one in comparison.first.read if one.agrees is False]
    assert (other.name, other.a, other.b) == read


def test_a_target_that_is_not_shifted_comes_from_outside(two_runs: Any) -> None:
    reference, faulty = two_runs(run="shifted")
    assert verify(faulty)
    first = compare(reference, faulty).first
    assert (first.path, first.cause) == ("target", "given")


def test_the_same_model_run_twice_is_equal(two_runs: Any) -> None:
    for run in ("forward", "decode"):
        assert compare(*two_runs(run=run))
    assert compare(*two_runs(run="train", both={"dropout": 0.1}))
