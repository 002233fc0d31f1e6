"""Encoder and decoder of GRUs: attention by another way, decoding, training, the trace."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from rich.cells import cell_len
from rich.console import Console

import tracetf
from tracetf.data.vocabulary import END, START
from tracetf.decoding import beam, greedy
from tracetf.dimensions import ATTENTIONS, Seq2seqDimensions
from tracetf.recurrent import State
from tracetf.recurrent.attention import SCORES
from tracetf.recurrent.seq2seq import Seq2seq
from tracetf.training.settings import Settings
from tracetf.training.trainer import train
from tracetf.views.console import print_trace
from tracetf.views.story import Wish
from tracetf.words import words

SIZE = Seq2seqDimensions(11, 13, d_model=6, attention="dot", longest=16)
every_kind = pytest.mark.parametrize("attention", ATTENTIONS)


@pytest.fixture
def build(stir):
    return lambda **changes: stir(Seq2seq(replace(SIZE, **changes))).eval()


def softmax(row):
    return np.exp(row) / np.exp(row).sum()


@every_kind
def test_its_logits_are_those_of_attention_word_by_word(build, source, target, attention):
    model = build(attention=attention)
    weights = {name: weight.detach().numpy() for name, weight in model.named_parameters()}
    memory, _ = model.encode(source)
    read = model.decoder.embedding(target)
    states, _ = model.decoder.recurrent(read, None, [State(memory[:, -1:])])
    assert not torch.equal(states, model.decoder.recurrent(read)[0])  # it begins with what the encoder left
    E, lengths = weights["decoder.embedding.weight"], (source != 0).sum(dim=1).tolist()
    at = f"decoder.global_attention.{attention}_score."
    for sentence, length in enumerate(lengths):
        h = memory[sentence, :length].detach().numpy()
        for word, s in enumerate(states[sentence].detach().numpy()):
            if attention == "dot":
                scores = [s @ one for one in h]
            elif attention == "general":
                scores = [s @ weights[f"{at}W_A"] @ one for one in h]
            elif attention == "additive":
                W_Q, W_K, v = (weights[f"{at}{name}"] for name in ("W_Q", "W_K", "v"))
                scores = [v @ np.tanh(s @ W_Q + one @ W_K) for one in h]
            if attention != "none":
                context = sum(share * one for share, one in zip(softmax(np.array(scores)), h, strict=True))
                s = np.tanh(np.concatenate([context, s]) @ weights["decoder.global_attention.W_C"])
            logits = model(source, target)[sentence, word].detach()
            np.testing.assert_allclose(logits, E @ s, atol=2e-5)


@every_kind
def test_reading_again_and_keeping_the_state_write_the_same(build, source, attention):
    model = build(attention=attention)
    limits = {"start": START, "end": END, "longest": (3, 6)}
    for way, more in ((greedy, {}), (beam, {"width": 3, "length_penalty": 0.6})):
        kept, again = (
            list(way(model, source, cached=cached, **limits, **more))[-1] for cached in (True, False)
        )
        assert torch.equal(kept, again)


@every_kind
def test_a_neighbour_in_the_batch_changes_nothing(build, source, target, attention):
    model = build(attention=attention)
    alone = model(source[1:, :3], target[1:])
    torch.testing.assert_close(model(source, target)[1:], alone)


def test_a_later_word_changes_nothing_before_it(build, source, target):
    model, other = build(), target.clone()
    other[:, 2] = 9
    before, after = (model(source, words) for words in (target, other))
    assert torch.equal(before[:, :2], after[:, :2])
    assert not torch.equal(before[:, 2], after[:, 2])


def test_without_attention_one_vector_is_all_that_reaches_the_decoder(build, source, target):
    for attention, reaches in (("none", False), ("dot", True)):
        model = build(attention=attention)
        memory, mask = model.encode(source[:1])
        changed = memory.clone()
        changed[:, :-1] += 1
        same = torch.equal(*(model.decode(target[:1], one, mask) for one in (memory, changed)))
        assert same is not reaches


@every_kind
@pytest.mark.parametrize("cached", [False, True])
def test_every_number_of_a_decoding_is_recomputed(build, source, attention, cached):
    model = build(attention=attention)
    with tracetf.record(model) as trace:
        list(greedy(model, source, start=START, end=END, longest=(2, 4), cached=cached))
    report = tracetf.verify(trace)
    assert report, report
    assert trace.phases == ["encode", "decode 1", "decode 2", "decode 3", "decode 4"]


@every_kind
def test_every_gradient_is_recomputed(build, source, target, attention):
    model = build(attention=attention, dropout=0.1).train()
    with tracetf.record(model) as trace:
        logits = model(source, target)
        (logits * torch.randn_like(logits)).sum().backward()
    report = tracetf.verify(trace)
    assert report, report
    assert report.gradients


def test_what_attention_looks_at_is_labelled(build):
    model = build()
    known = ("<pad>", "<s>", "</s>", "<unk>", *"abcdefghi")
    model.vocabularies = {"source": known[:11], "target": known}
    with tracetf.record(model) as trace:
        list(greedy(model, torch.tensor([[4, 5, 6]]), start=START, end=END, longest=3, cached=True))
    weights = trace["decoder.global_attention.weights", "decode 2"]
    assert weights.labels["key"] == (("a", "b", "c"),)
    hidden = trace["decoder.recurrent.layers.0.forwards.gru.hidden", "decode 2"]
    assert weights.labels["query"] == hidden.labels["token"]
    assert weights.value.sum() == pytest.approx(1)


@every_kind
@pytest.mark.parametrize("width", [80, 120])
def test_the_console_tells_it(build, source, attention, width):
    with tracetf.record(model := build(attention=attention)) as trace:
        list(greedy(model, source, start=START, end=END, longest=2, cached=False))
    out = io.StringIO()
    print_trace(Console(file=out, width=width), trace, Wish(), words("en"))
    assert max(map(cell_len, out.getvalue().splitlines())) <= width
    assert ("Attention weights" in out.getvalue()) is (attention != "none")
    assert "Bottleneck" in out.getvalue()


@every_kind
def test_the_trainer_of_the_transformer_trains_it(attention):
    torch.manual_seed(0)
    model = Seq2seq(replace(SIZE, d_model=16, attention=attention, dropout=0))
    pairs = [([4, 5, 6], [5, 6, 7]), ([7, 8], [8, 9]), ([9, 10, 4, 5], [10, 11, 5, 6])]
    settings = Settings(steps=80, batch=3, batch_tokens=0, peak=0.02, warmup=10, smoothing=0, clip=1)
    losses = [progress.loss for progress in train(model, pairs, settings)]
    assert losses[-1] < losses[0] / 10
    written = list(greedy(model, torch.tensor([[4, 5, 6]]), start=START, end=END, longest=9, cached=True))
    assert written[-1].tolist() == [[5, 6, 7, END]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"d_model": 0}, "d_model=0 must be at least 1"),
        ({"attention": "dto"}, "attention='dto' is not one of none, dot, general, additive"),
    ],
)
def test_a_model_that_cannot_be_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(SIZE, **changes)


def test_an_empty_sentence_is_refused(build):
    with pytest.raises(ValueError, match="may look at nothing"):
        build().encode(torch.zeros(1, 3, dtype=torch.long))


def test_every_attention_that_dimensions_know_can_be_made() -> None:
    assert ("none", *SCORES) == ATTENTIONS
