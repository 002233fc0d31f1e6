"""How fast words are written, beside `torch.nn.Transformer` with a plain loop, and others where installed.

Ours and torch's have the same weights and write the same words. All write as many as asked for, since no word
ends a target.
"""

from collections.abc import Iterator
from functools import partial
from time import perf_counter

import torch
from einops import rearrange
from torch import Tensor, nn

from benchmarks.others import installed
from benchmarks.theirs import Theirs
from benchmarks.timing import Row, ratio
from tracetf import Dimensions, Transformer
from tracetf.decoding import beam, greedy
from tracetf.layers.attention import MultiHeadAttention

START, NEVER = 1, -1
TINY = Dimensions(10_000, 10_000, d_model=128, heads=4, d_ff=256, layers=4, longest=256)
STUDENT = Dimensions(300, 300, d_model=64, heads=4, d_ff=128, layers=2, longest=256)
WORKS = (
    ("one sentence of 16 words, tiny", TINY, 1, 16, "≥ 2.5", 30),
    ("64 sentences of 64 words, student", STUDENT, 64, 64, "≥ 11", 4),
)
SHORT, LONGER = 16, (64, 128)


@torch.inference_mode()
def ours(model: Transformer, source: Tensor, words: int, **hypotheses: int) -> Tensor:
    """Write with our model and a cache."""
    way = partial(beam, **hypotheses) if hypotheses else greedy
    *_, written = way(model, source, start=START, end=NEVER, longest=words, cached=True)
    return written


@torch.inference_mode()
def plain_loop(model: Theirs, source: Tensor, words: int) -> Tensor:
    """Write with torch's model: everything is read again for every word."""
    target = source.new_full((len(source), 1), START)
    for _ in range(words):
        likeliest = model(source, target)[:, -1].argmax(dim=-1, keepdim=True)
        target = torch.cat([target, likeliest], dim=1)
    return target[:, 1:]


@torch.no_grad()
def twin(model: Transformer) -> Theirs:
    """Return torch's model with the weights of ours; ours has no norm after the last layer."""
    theirs = Theirs(model.dimensions).eval()
    theirs.source.weight.copy_(model.encoder.embedding.weight)
    theirs.target.weight.copy_(model.decoder.embedding.weight)
    theirs.transformer.encoder.norm = theirs.transformer.decoder.norm = None
    for stack, other in (
        (model.encoder, theirs.transformer.encoder),
        (model.decoder, theirs.transformer.decoder),
    ):
        for layer, copy in zip(stack.layers, other.layers, strict=True):
            norms = [layer.self_attention_norm, layer.feed_forward_norm]
            copy_attention(layer.self_attention, copy.self_attn)
            if stack is model.decoder:
                copy_attention(layer.cross_attention, copy.multihead_attn)
                norms.insert(1, layer.cross_attention_norm)
            for number, norm in enumerate(norms, 1):
                getattr(copy, f"norm{number}").weight.copy_(norm.gamma)
                getattr(copy, f"norm{number}").bias.copy_(norm.beta)
            for number, linear in enumerate((copy.linear1, copy.linear2), 1):
                linear.weight.copy_(getattr(layer.feed_forward, f"W_{number}").T)
                linear.bias.copy_(getattr(layer.feed_forward, f"b_{number}"))
    return theirs


def copy_attention(layer: MultiHeadAttention, copy: nn.MultiheadAttention) -> None:
    """Give torch's attention our weights; ours has no biases."""
    inside = [rearrange(W, "head d_model d -> (head d) d_model") for W in (layer.W_Q, layer.W_K, layer.W_V)]
    copy.in_proj_weight.copy_(torch.cat(inside))
    copy.out_proj.weight.copy_(layer.W_O.T)
    copy.in_proj_bias.zero_()
    copy.out_proj.bias.zero_()


def time_per_word(model: Transformer, words: int) -> float:
    """Return the least of several times that a word took, in seconds."""
    source = torch.randint(4, model.dimensions.source_words, (1, SHORT))
    times = []
    for _ in range(12):
        begin = perf_counter()
        ours(model, source, words)
        times.append((perf_counter() - begin) / words)
    return min(times)


def rows() -> Iterator[Row]:
    """Yield how many times faster we write, and what more words or hypotheses cost."""
    for name, size, sentences, words, wanted, pairs in WORKS:
        torch.manual_seed(0)
        model = Transformer(size).eval()
        source = torch.randint(4, size.source_words, (sentences, words))
        write, loop = partial(ours, model, source, words), partial(plain_loop, twin(model), source, words)
        assert torch.equal(write(), loop()), "the two models write different words"
        yield Row(f"greedy, {name}, nn.Transformer over ours", f"{ratio(loop, write, pairs):.2f}", wanted)
        for other in installed():
            write = other.writer(size, source, words)
            assert all(len(one) == words for one in write()), f"{other.name} writes more words or fewer"
            measured = f"{ratio(loop, write, pairs):.2f}"
            yield Row(f"greedy, {name}, nn.Transformer over {other.name}", measured, "beside it")
    model, source = Transformer(TINY).eval(), torch.randint(4, TINY.source_words, (1, SHORT))
    measured = ratio(partial(ours, model, source, SHORT, width=4), partial(ours, model, source, SHORT), 30)
    yield Row("beam of 4 over greedy, one sentence of 16 words, tiny", f"{measured:.2f}", "≤ 2")
    short = time_per_word(model, SHORT)
    for words in LONGER:
        measured = time_per_word(model, words) / short
        yield Row(f"time per word, {words} words over {SHORT}, tiny", f"{measured:.2f}", "≤ 1.2")
