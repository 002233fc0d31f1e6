"""Models of one language: counts by hand, one step of memory against many, every number recomputed."""

import io
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import torch
from rich.cells import cell_len
from rich.console import Console
from torch import nn

import tracetf
from tracetf.recurrent import Bigram, LatentAutoregressive
from tracetf.training.loss import smoothed_loss
from tracetf.views.console import print_trace
from tracetf.views.story import Wish
from tracetf.words import words

START, END, WORDS = 1, 2, 13
SENTENCES = [[1, 5, 6, 5, 2], [1, 5, 7, 2, 0], [1, 8, 2, 0, 0]]
# what comes last was said first, and the word between is the same
FAR = torch.tensor([[1, 5, 7, 8, 2], [1, 6, 7, 9, 2]])


@pytest.fixture
def bigram() -> Bigram:
    model = Bigram(WORDS, added=0.25)
    model.learn(torch.tensor(SENTENCES))
    return model


@pytest.fixture
def latent(stir) -> LatentAutoregressive:
    return stir(LatentAutoregressive(WORDS, 6))


def learned(model: LatentAutoregressive, sentences: torch.Tensor, steps: int = 60) -> LatentAutoregressive:
    optimizer = torch.optim.Adam(model.parameters(), 0.05)
    for _ in range(steps):
        optimizer.zero_grad()
        model.nll(sentences).mean().backward()
        optimizer.step()
    return model


def test_a_bigram_is_what_a_counter_counts(bigram):
    followed = Counter(pair for sentence in SENTENCES for pair in pairwise(sentence) if pair[1])
    last = Counter(pair[0] for pair in followed.elements())
    probabilities = bigram(torch.arange(WORDS)[None])[0]
    for one in range(WORDS):
        for following in range(WORDS):
            share = (followed[one, following] + 0.25) / (last[one] + 0.25 * WORDS)
            assert probabilities[one, following].item() == pytest.approx(share)


def test_what_it_learns_twice_is_counted_twice(bigram):
    once = bigram.bigram.counts.clone()
    bigram.learn(torch.tensor(SENTENCES))
    assert torch.equal(bigram.bigram.counts, 2 * once)


def test_a_bigram_sees_the_last_word_alone_and_a_state_all_before_it(bigram, latent):
    one, other = torch.tensor([[1, 5, 6, 7]]), torch.tensor([[1, 8, 9, 7]])
    assert torch.equal(bigram(one)[:, -1], bigram(other)[:, -1])
    assert not torch.allclose(latent(one)[:, -1], latent(other)[:, -1])
    assert torch.equal(latent(one)[:, 0], latent(other)[:, 0])  # and nothing behind it


def test_a_latent_model_is_torchs_rnn_between_embedding_and_softmax(latent):
    cell = latent.recurrent.layers[0].forwards.cell
    theirs = nn.RNN(6, 6, batch_first=True)
    theirs.weight_ih_l0.data, theirs.weight_hh_l0.data = cell.W_xh.mT, cell.W_hh.mT
    theirs.bias_ih_l0.data, theirs.bias_hh_l0.data = cell.b_h.data, torch.zeros(6)
    said = torch.tensor(SENTENCES)[:, :-1]
    states, _ = theirs(latent.embedding.weight[said] * 6**0.5)
    expected = torch.softmax(states @ latent.embedding.weight.T, dim=-1)
    torch.testing.assert_close(latent(said), expected, atol=2e-5, rtol=0)


@pytest.mark.parametrize("name", ["bigram", "latent"])
def test_the_nll_is_the_cross_entropy_without_padding(name, request):
    model, sentences = request.getfixturevalue(name), torch.tensor(SENTENCES)
    nll, expected = model.nll(sentences), sentences[:, 1:]
    logits = model(sentences[:, :-1]).log()
    count = int((expected != 0).sum())
    theirs = smoothed_loss(logits, expected, smoothing=0, padding=0, words=count)
    assert nll.sum().item() / count == pytest.approx(theirs.item(), abs=2e-5)
    assert torch.equal(nll == 0, expected == 0)


def test_of_what_it_counted_a_bigram_is_the_best_first_order_model():
    model = Bigram(WORDS, added=1e-6)
    model.learn(torch.tensor(SENTENCES))
    best = model.nll(torch.tensor(SENTENCES)).sum()
    for _ in range(20):
        other = Bigram(WORDS, added=1e-6)
        other.bigram.counts.copy_(model.bigram.counts * (0.5 + torch.rand(WORDS, WORDS)))
        assert other.nll(torch.tensor(SENTENCES)).sum() > best


def test_a_state_learns_what_a_bigram_cannot_know():
    bigram = Bigram(WORDS, added=1e-6)
    bigram.learn(FAR)
    latent = learned(LatentAutoregressive(WORDS, 8), FAR)
    assert bigram.nll(FAR)[:, 2].exp().tolist() == pytest.approx([2, 2], abs=1e-3)
    assert latent.nll(FAR)[:, 2].exp().max() < 1.1


@pytest.mark.parametrize("name", ["bigram", "latent"])
def test_every_number_is_recomputed_and_watching_changes_none(name, request):
    model, sentences = request.getfixturevalue(name), torch.tensor(SENTENCES)
    expected = model.nll(sentences)
    with tracetf.record(model) as trace:
        assert torch.equal(model.nll(sentences), expected)
    report = tracetf.verify(trace)
    assert report, report
    assert report.given == 2  # the words read and the words expected


def test_the_gradients_of_a_latent_model_are_recomputed(latent):
    with tracetf.record(latent) as trace:
        latent.nll(torch.tensor(SENTENCES)).sum().backward()
    report = tracetf.verify(trace)
    assert report, report
    assert {"surprisal.nll", "recurrent.layers.0.forwards.rnn.hidden"} <= {
        event.path for event in trace if event.gradient is not None
    }


@pytest.mark.parametrize(
    ("name", "step"), [("bigram", "counted"), ("bigram", "probabilities"), ("surprisal", "nll")]
)
def test_a_wrong_number_is_found(runs, planted, name, step):
    for run in (runs["bigram"], runs["latent autoregressive"]):
        for event in (event for event in run if event.path == f"{name}.{step}"):
            value = event.value.copy()
            value.flat[1] += 0.001
            assert tracetf.verify(planted(run, event, value)).disagreed[0][0].path == event.path


def test_a_sentence_is_drawn_word_by_word_and_ends_at_the_end_mark(bigram):
    written = bigram.write(START, END, 50, torch.Generator().manual_seed(0))
    assert END not in written
    assert written == bigram.write(START, END, 50, torch.Generator().manual_seed(0))
    assert len(bigram.write(START, 99, 7, torch.Generator().manual_seed(0))) == 7


def test_draws_come_as_often_as_their_probabilities_say(bigram):
    chance = torch.Generator().manual_seed(0)
    first = Counter(bigram.write(START, 99, 1, chance)[0] for _ in range(1500))
    shares = np.array([first[word] / 1500 for word in range(WORDS)])
    np.testing.assert_allclose(shares, bigram(torch.tensor([[START]]))[0, 0], atol=0.04)


def test_a_memorised_sentence_is_written():
    sentence = torch.tensor([[1, 5, 7, 5, 8, 2]])  # 5 stands twice: its second follower needs the state
    latent = learned(LatentAutoregressive(WORDS, 8), sentence, 100)
    assert latent.write(START, END, 9, torch.Generator().manual_seed(0)) == [5, 7, 5, 8]


def test_a_recorded_writing_has_a_phase_for_each_word(bigram):
    with tracetf.record(bigram) as trace:
        bigram.write(START, 99, 3, torch.Generator().manual_seed(0))
    assert trace.phases == ["decode 1", "decode 2", "decode 3"]
    assert [event.shape for event in trace.at("bigram.probabilities")] == [(1, n, WORDS) for n in (1, 2, 3)]
    assert tracetf.verify(trace)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: Bigram(0), "words=0 must be at least 1"),
        (lambda: Bigram(5, added=0), "added=0 leaves what was never seen without a probability; add more"),
        (lambda: Bigram(5, added=float("nan")), "added=nan leaves"),
        (lambda: LatentAutoregressive(5, 0), "words=5 and d_model=0 must both be at least 1"),
    ],
)
def test_sizes_that_have_no_meaning_are_refused(made, told):
    with pytest.raises(ValueError, match=told):
        made()


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_console_tells_each_model_in_its_own_words(bigram, latent, lang):
    told, said = {}, words(lang)
    for name, model in (("bigram", bigram), ("next_word", latent)):
        model.vocabularies = {"target": (*"_<>?abcdefghi",)}
        with tracetf.record(model) as trace:
            model.nll(torch.tensor([[1, 5, 6, 2]]))
        out = io.StringIO()
        print_trace(Console(file=out, width=80), trace, Wish(full=True), said)
        told[name] = out.getvalue()
        assert max(map(cell_len, told[name].splitlines())) <= 80
        assert said.steps[f"{name}.probabilities"].title in told[name]
        assert "< → b" in told[name]  # the row that reads the start mark predicts the first word
    assert "(counted + added)" in told["bigram"]
    assert "softmax(logits)" not in told["bigram"]
