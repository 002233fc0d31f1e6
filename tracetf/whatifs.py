"""What if a part were not there: a copy of a Transformer in which it is swapped for one that does nothing."""

import re
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import TypeVar

import torch
from einops import rearrange
from torch import Tensor, nn

from tracetf.dimensions import PARTS
from tracetf.encoder_decoder import EncoderDecoder
from tracetf.layers.attention import MultiHeadAttention
from tracetf.layers.cache import Cache
from tracetf.layers.norm import LayerNorm
from tracetf.layers.positions import Positions
from tracetf.layers.residual import Residual
from tracetf.taps import tap
from tracetf.transformer import Decoder, DecoderLayer, EncoderLayer, Transformer

ATTENTIONS = {
    "encoder": "encoder.layers.{}.self_attention",
    "decoder": "decoder.layers.{}.self_attention",
    "cross": "decoder.layers.{}.cross_attention",
}
HEAD = re.compile(r"head:(?:(encoder|decoder|cross)\.)?([0-9]{1,6})\.([0-9]{1,6})")

Model = TypeVar("Model", bound=EncoderDecoder)


class NoPositions(nn.Module):
    """Tell no word where it stands: zeros in place of the waves of section 3.5."""

    def forward(self, x: Tensor, start: int = 0) -> Tensor:
        """Return nothing to add, for every word alike.

        Shapes:
            x: batch token d_model
            return: token d_model
        """
        nothing = torch.zeros_like(x[0])
        tap(nothing=nothing)
        return nothing


class NoResidual(Residual):
    """Forget what was there before: Dropout(Sublayer(x)), without the sum of section 3.1."""

    def forward(self, x: Tensor, update: Tensor) -> Tensor:
        """Return `update` alone.

        Shapes:
            x: batch token d_model
            update: batch token d_model
            return: batch token d_model
        """
        return self.dropout(update)


class NoUpdate(nn.Module):
    """Keep what was there before: the sum of section 3.1 around a sub-layer that adds nothing."""

    def forward(self, x: Tensor, update: Tensor) -> Tensor:
        """Return `x` alone.

        Shapes:
            x: batch token d_model
            update: batch token d_model
            return: batch token d_model
        """
        return x


class UnmaskedDecoder(Decoder):
    """Let every target word look at all of them, later ones too; padding stays left out: section 3.2.3.

    What a word's vector is made of then changes with each new word, so there is nothing to keep in a cache:
    that which is given stays empty, and the whole target is read again.
    """

    def forward(
        self, target: Tensor, memory: Tensor, target_mask: Tensor, source_mask: Tensor, cache: Cache
    ) -> Tensor:
        """Return one vector a target word; what the last one may look at, each may.

        Shapes:
            target: batch target
            memory: batch source d_model
            target_mask: batch target key
            source_mask: batch 1 source
            return: batch target d_model
        """
        open_mask = target_mask[:, -1:].expand_as(target_mask)
        tap(open_mask=open_mask)
        return super().forward(target, memory, open_mask, source_mask, Cache(len(self.layers)))


def without(model: Model, *parts: str) -> Model:
    """Return a copy of a Transformer without some of its parts; the model itself is left as it is.

    A part is left out wherever it stands. `positions`, `scale` (the division by √d_k), `mask` (the causal
    one), `residual`, `norm` and `feed-forward` are swapped for something that does nothing. `head:1.2` is
    head 2 of layer 1 in all three attentions, `head:cross.1.2` in one (`encoder`, `decoder` or `cross`): its
    rows of `W_O` become 0, so that it looks as ever and nobody hears of it.

    Raises:
        ValueError: another kind of model, an unknown part, a layer or a head that is not there.
    """
    copy = deepcopy(model)
    for part in parts:
        if not isinstance(copy, Transformer):
            raise ValueError(
                f"{part} cannot be left out of a {type(model).__name__}; take a Transformer: --model student"
            )
        if part in SWAPS:
            SWAPS[part](copy)
            copy.left_out = tuple(dict.fromkeys((*copy.left_out, part)))
        else:
            _silence(copy, part)
    return copy.train(model.training)


def _swap(model: nn.Module, kind: type[nn.Module], made: Callable[[], nn.Module]) -> None:
    """Put something else in the place of every part of a kind."""
    for module in list(model.modules()):
        for name, part in module.named_children():
            if isinstance(part, kind):
                module.add_module(name, made())


def _no_positions(model: Transformer) -> None:
    _swap(model, Positions, NoPositions)


def _no_scale(model: Transformer) -> None:
    for attention in model.modules():
        if isinstance(attention, MultiHeadAttention):
            attention.d_k = 1


def _no_mask(model: Transformer) -> None:
    model.decoder.__class__ = UnmaskedDecoder


def _no_residual(model: Transformer) -> None:
    _swap(model, Residual, partial(NoResidual, model.dimensions.dropout))


def _no_norm(model: Transformer) -> None:
    _swap(model, LayerNorm, nn.Identity)


def _no_feed_forward(model: Transformer) -> None:
    for layer in model.modules():
        if isinstance(layer, EncoderLayer | DecoderLayer):
            layer.add_module("feed_forward", nn.Identity())
            layer.add_module("feed_forward_residual", NoUpdate())


SWAPS: dict[str, Callable[[Transformer], None]] = {
    "positions": _no_positions,
    "scale": _no_scale,
    "mask": _no_mask,
    "residual": _no_residual,
    "norm": _no_norm,
    "feed-forward": _no_feed_forward,
}


def _silence(model: Transformer, part: str) -> None:
    """Let nobody hear a head: the rows of `W_O` that read it become 0.

    Raises:
        ValueError: no such part, layer or head.
    """
    named = HEAD.fullmatch(part)
    if not named:
        raise ValueError(
            f"{part!r} is no part that can be left out; take {', '.join(PARTS)}, or head 2 of layer 1 "
            "as head:1.2, head:encoder.1.2, head:decoder.1.2 or head:cross.1.2"
        )
    where, layer, head = named[1], int(named[2]), int(named[3])
    layers, heads = model.dimensions.layers, model.dimensions.heads
    if layer >= layers or head >= heads:
        raise ValueError(
            f"{part} is not there; the model has layers 0 to {layers - 1} and heads 0 to {heads - 1}"
        )
    for path in [ATTENTIONS[where]] if where else ATTENTIONS.values():
        W_O = model.get_parameter(f"{path.format(layer)}.W_O").data
        rearrange(W_O, "(head d_v) d_model -> head d_v d_model", head=heads)[head] = 0
