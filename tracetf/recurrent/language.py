"""Models of one language: the next word by the last word alone, or by a state that sums up all before it."""

from abc import ABC, abstractmethod

import torch
from einops import rearrange
from torch import Generator, Tensor, nn

from tracetf.layers.embedding import Embedding, Output
from tracetf.recurrent.cells import RNNCell
from tracetf.recurrent.unrolled import Recurrent
from tracetf.taps import phase, tap


class Surprisal(nn.Module):
    """Say how unexpected each word was: Shannon 1948.

    Args:
        padding: the id that does not count.
    """

    def __init__(self, padding: int) -> None:
        super().__init__()
        self.padding = padding

    def forward(self, probabilities: Tensor, expected: Tensor) -> Tensor:
        """Return −log p of the word that came, in nats; 0 at padding.

        Shapes:
            probabilities: batch token vocabulary
            expected: batch token
            return: batch token
        """
        at_expected = probabilities.gather(-1, rearrange(expected, "batch token -> batch token 1"))
        nll = -torch.log(rearrange(at_expected, "batch token 1 -> batch token"))
        nll = torch.where(expected == self.padding, 0, nll)
        tap(nll=nll)
        return nll


class Autoregressive(nn.Module, ABC):
    """Say the next word from the words before it: p(x_1, …, x_n) = Π p(x_t | x_1, …, x_(t−1)).

    Args:
        padding: the id that fills up short sentences.
    """

    def __init__(self, padding: int) -> None:
        super().__init__()
        self.surprisal = Surprisal(padding)

    @abstractmethod
    def forward(self, target: Tensor) -> Tensor:
        """Return at each word the probabilities of the word after it.

        Shapes:
            target: batch target
            return: batch target vocabulary
        """

    def nll(self, sentences: Tensor) -> Tensor:
        """Return −log p of each word but the first, which is the start mark; 0 at padding.

        Shapes:
            sentences: batch target
            return: batch expected
        """
        target, expected = sentences[:, :-1], sentences[:, 1:]
        tap(expected=expected)
        nll: Tensor = self.surprisal(self(target), expected)
        return nll

    @torch.no_grad()
    def write(self, start: int, end: int, longest: int, chance: Generator) -> list[int]:
        """Return a sentence, each word drawn from its probabilities, without start and end mark.

        Args:
            longest: most words.
            chance: the source of the draws.
        """
        words = [start]
        for place in range(1, longest + 1):
            with phase(f"decode {place}"):
                probabilities = self(torch.tensor([words], device=chance.device))[0, -1]
            word = int(torch.multinomial(probabilities, 1, generator=chance))
            if word == end:
                break
            words.append(word)
        return words[1:]


class Counts(nn.Module):
    """Look up how often each word followed the last one: Markov 1913.

    Args:
        words: size of the vocabulary.
        added: what each pair of words is counted more than it was seen.
    """

    def __init__(self, words: int, added: float) -> None:
        super().__init__()
        self.added = added
        self.counts = nn.Parameter(torch.zeros(words, words), requires_grad=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return at each word the probabilities of the word after it.

        Shapes:
            tokens: batch token
            return: batch token vocabulary
        """
        counted = self.counts[tokens]
        raised = counted + self.added
        probabilities = raised / raised.sum(dim=-1, keepdim=True)
        tap(counted=counted, probabilities=probabilities)
        return probabilities


class Bigram(Autoregressive):
    """Say the next word from the last one alone, p(x_t | x_(t−1)): a first-order Markov model.

    It knows nothing of the words before the last, so nothing in it grows with the sentence.

    Args:
        words: size of the vocabulary.
        added: what each pair of words is counted more than it was seen, so that none is impossible.
        padding: the id that fills up short sentences.

    Raises:
        ValueError: no words, or nothing added.
    """

    def __init__(self, words: int, added: float = 1.0, padding: int = 0) -> None:
        if words < 1:
            raise ValueError(f"words={words} must be at least 1")
        if not added > 0:
            raise ValueError(
                f"added={added} leaves what was never seen without a probability; add more than 0"
            )
        super().__init__(padding)
        self.bigram = Counts(words, added)

    def learn(self, sentences: Tensor) -> None:
        """Count which word follows which; all counts so far are kept.

        Shapes:
            sentences: batch target
        """
        last, following = sentences[:, :-1], sentences[:, 1:]
        seen = following != self.surprisal.padding
        once = torch.ones(int(seen.sum()), device=sentences.device)
        self.bigram.counts.index_put_((last[seen], following[seen]), once, accumulate=True)

    def forward(self, target: Tensor) -> Tensor:
        tap(target=target)
        probabilities: Tensor = self.bigram(target)
        return probabilities


class NextWord(nn.Module):
    """Turn a logit for each word into its probability."""

    def forward(self, logits: Tensor) -> Tensor:
        """Return softmax(logits).

        Shapes:
            logits: batch token vocabulary
            return: batch token vocabulary
        """
        probabilities = torch.softmax(logits, dim=-1)
        tap(probabilities=probabilities)
        return probabilities


class LatentAutoregressive(Autoregressive):
    """Say the next word from a state that sums up all before it: h_t = g(h_(t−1), x_(t−1)), p(x_t | h_t).

    The state has one size however long the sentence is; g is an RNN cell.

    Args:
        words: size of the vocabulary.
        d_model: size of a word's vector and of the state.
        padding: the id that fills up short sentences.

    Raises:
        ValueError: a size below one.
    """

    def __init__(self, words: int, d_model: int, padding: int = 0) -> None:
        if min(words, d_model) < 1:
            raise ValueError(f"words={words} and d_model={d_model} must both be at least 1")
        super().__init__(padding)
        self.embedding = Embedding(words, d_model)
        self.recurrent = Recurrent(RNNCell, d_model, d_model)
        self.output = Output(self.embedding.weight)
        self.next_word = NextWord()

    def forward(self, target: Tensor) -> Tensor:
        tap(target=target)
        states, _ = self.recurrent(self.embedding(target))
        probabilities: Tensor = self.next_word(self.output(states))
        return probabilities
