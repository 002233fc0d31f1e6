"""Encoder and decoder as recurrent networks, with attention between them or without."""

from torch import Tensor, nn

from tracetf.dimensions import Seq2seqDimensions
from tracetf.encoder_decoder import EncoderDecoder
from tracetf.layers.dropout import Dropout
from tracetf.layers.embedding import Embedding, Output
from tracetf.recurrent.attention import GlobalAttention
from tracetf.recurrent.cells import GRUCell, State
from tracetf.recurrent.unrolled import Recurrent
from tracetf.taps import place, tap


class StateCache:
    """Keep the decoder's state from word to word: it is all that a recurrent network knows of them."""

    def __init__(self) -> None:
        self.length = 0
        self.state: State | None = None

    def select(self, rows: Tensor) -> None:
        """Go on with these rows of the batch.

        Shapes:
            rows: batch
        """
        if self.state is not None:
            with place("rows", rows=rows, hidden=self.state.hidden):
                hidden = self.state.hidden[rows]
                tap(hidden=hidden)
            self.state = State(hidden)

    exchange = select


class Bottleneck(nn.Module):
    """Hand the decoder one vector, whatever the length of the sentence: Sutskever et al. 2014, section 2."""

    def forward(self, memory: Tensor) -> Tensor:
        """Return the encoder's last state; after the end of a sentence it stays, so the last row has it.

        Shapes:
            memory: batch source d_model
            return: batch 1 d_model
        """
        state = memory[:, -1:]
        tap(state=state)
        return state


class WordByWord(nn.Module):
    """Turn words into vectors and read them one by one: what encoder and decoder have in common."""

    def __init__(self, size: Seq2seqDimensions, words: int) -> None:
        super().__init__()
        self.embedding = Embedding(words, size.d_model)
        self.dropout = Dropout(size.dropout)
        self.recurrent = Recurrent(GRUCell, size.d_model, size.d_model)


class RecurrentEncoder(WordByWord):
    """Read the source sentence."""

    def forward(self, source: Tensor, mask: Tensor) -> Tensor:
        """Return the state after each word.

        Shapes:
            source: batch source
            mask: batch 1 source
            return: batch source d_model
        """
        memory, _ = self.recurrent(self.dropout(self.embedding(source)), mask)
        return memory


class RecurrentDecoder(WordByWord):
    """Read the target words written so far, beginning with what the encoder left."""

    def __init__(self, size: Seq2seqDimensions) -> None:
        super().__init__(size, size.target_words)
        self.bottleneck = Bottleneck()
        looks = size.attention != "none"
        self.global_attention = GlobalAttention(size.d_model, size.attention) if looks else None

    def forward(self, target: Tensor, memory: Tensor, mask: Tensor, cache: StateCache) -> Tensor:
        """Return one vector a target word; the first stands behind those that the cache has read.

        Shapes:
            target: batch target
            memory: batch source d_model
            mask: batch 1 source
            return: batch target d_model
        """
        before = cache.state or State(self.bottleneck(memory))
        x, (cache.state,) = self.recurrent(self.dropout(self.embedding(target)), None, [before])
        cache.length += target.shape[1]
        return x if self.global_attention is None else self.global_attention(x, memory, mask)


class Seq2seq(EncoderDecoder):
    """Turn a source sentence and the target words so far into scores for the next, with two GRUs.

    It is called as a `Transformer` is, so the same training and the same decoding run it.

    Args:
        size: how large to make it.
    """

    dimensions: Seq2seqDimensions

    def __init__(self, size: Seq2seqDimensions) -> None:
        super().__init__(size)
        self.encoder = RecurrentEncoder(size, size.source_words)
        self.decoder = RecurrentDecoder(size)
        if size.shared:
            self.encoder.embedding.weight = self.decoder.embedding.weight
        self.output = Output(self.decoder.embedding.weight)

    def unread_vectors(
        self, target: Tensor, unread: Tensor, memory: Tensor, mask: Tensor, cache: StateCache
    ) -> Tensor:
        x: Tensor = self.decoder(unread, memory, mask, cache)
        return x

    def cache(self) -> StateCache:
        return StateCache()
