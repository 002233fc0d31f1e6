"""The Transformer, figure 1 of the paper, on one page."""

from torch import Tensor, nn

from tracetf.dimensions import Dimensions
from tracetf.encoder_decoder import EncoderDecoder
from tracetf.layers.attention import MultiHeadAttention
from tracetf.layers.cache import Cache, LayerCache
from tracetf.layers.dropout import Dropout
from tracetf.layers.embedding import Embedding, Output
from tracetf.layers.feed_forward import FeedForward
from tracetf.layers.masks import target_mask
from tracetf.layers.norm import LayerNorm
from tracetf.layers.positions import Positions
from tracetf.layers.residual import Residual
from tracetf.taps import tap


class EncoderLayer(nn.Module):
    """Self-attention, then feed-forward, each followed by add and norm: section 3.1."""

    def __init__(self, size: Dimensions) -> None:
        super().__init__()
        self.self_attention = MultiHeadAttention(size.d_model, size.heads, size.d_k, size.d_v)
        self.self_attention_residual = Residual(size.dropout)
        self.self_attention_norm = LayerNorm(size.d_model, size.epsilon)
        self.feed_forward = FeedForward(size.d_model, size.d_ff)
        self.feed_forward_residual = Residual(size.dropout)
        self.feed_forward_norm = LayerNorm(size.d_model, size.epsilon)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return the words of `x`, each having looked at the others.

        Shapes:
            x: batch token d_model
            mask: batch query key
            return: batch token d_model
        """
        x = self.self_attention_norm(self.self_attention_residual(x, self.self_attention(x, x, mask)))
        return self.feed_forward_norm(self.feed_forward_residual(x, self.feed_forward(x)))


class PreNormEncoderLayer(EncoderLayer):
    """The same parts with each norm before its sub-layer: Xiong et al. 2020, figure 1b."""

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        normed = self.self_attention_norm(x)
        x = self.self_attention_residual(x, self.self_attention(normed, normed, mask))
        return self.feed_forward_residual(x, self.feed_forward(self.feed_forward_norm(x)))


class DecoderLayer(nn.Module):
    """Masked self-attention, cross-attention, feed-forward, each followed by add and norm: section 3.1."""

    def __init__(self, size: Dimensions) -> None:
        super().__init__()
        self.self_attention = MultiHeadAttention(size.d_model, size.heads, size.d_k, size.d_v)
        self.self_attention_residual = Residual(size.dropout)
        self.self_attention_norm = LayerNorm(size.d_model, size.epsilon)
        self.cross_attention = MultiHeadAttention(size.d_model, size.heads, size.d_k, size.d_v)
        self.cross_attention_residual = Residual(size.dropout)
        self.cross_attention_norm = LayerNorm(size.d_model, size.epsilon)
        self.feed_forward = FeedForward(size.d_model, size.d_ff)
        self.feed_forward_residual = Residual(size.dropout)
        self.feed_forward_norm = LayerNorm(size.d_model, size.epsilon)

    def forward(
        self, x: Tensor, memory: Tensor, target_mask: Tensor, source_mask: Tensor, cache: LayerCache
    ) -> Tensor:
        """Return the words of `x`, each having looked at the words before it and at the memory.

        Shapes:
            x: batch token d_model
            memory: batch source d_model
            target_mask: batch token target
            source_mask: batch 1 source
            return: batch token d_model
        """
        x = self.self_attention_norm(
            self.self_attention_residual(x, self.self_attention(x, x, target_mask, cache.self_attention))
        )
        x = self.cross_attention_norm(
            self.cross_attention_residual(
                x, self.cross_attention(x, memory, source_mask, cache.cross_attention)
            )
        )
        return self.feed_forward_norm(self.feed_forward_residual(x, self.feed_forward(x)))


class PreNormDecoderLayer(DecoderLayer):
    """The same parts with each norm before its sub-layer: Xiong et al. 2020, figure 1b."""

    def forward(
        self, x: Tensor, memory: Tensor, target_mask: Tensor, source_mask: Tensor, cache: LayerCache
    ) -> Tensor:
        normed = self.self_attention_norm(x)
        x = self.self_attention_residual(
            x, self.self_attention(normed, normed, target_mask, cache.self_attention)
        )
        normed = self.cross_attention_norm(x)
        x = self.cross_attention_residual(
            x, self.cross_attention(normed, memory, source_mask, cache.cross_attention)
        )
        return self.feed_forward_residual(x, self.feed_forward(self.feed_forward_norm(x)))


LAYERS = {"post": (EncoderLayer, DecoderLayer), "pre": (PreNormEncoderLayer, PreNormDecoderLayer)}


class Stack(nn.Module):
    """Begin as encoder and decoder both do: embedding plus positions, dropout; sections 3.4, 3.5, 5.4."""

    def __init__(self, size: Dimensions, words: int) -> None:
        super().__init__()
        self.embedding = Embedding(words, size.d_model)
        self.positions = Positions(size.longest, size.d_model)
        self.dropout = Dropout(size.dropout)
        # Each pre-norm layer leaves its last sum as it is, so the stack itself ends in a norm.
        self.norm = LayerNorm(size.d_model, size.epsilon) if size.norm == "pre" else nn.Identity()

    def embed(self, tokens: Tensor, start: int = 0) -> Tensor:
        """Return the vectors of words that stand at `start` and after.

        Shapes:
            tokens: batch token
            return: batch token d_model
        """
        scaled = self.embedding(tokens)
        embedded = scaled + self.positions(scaled, start)
        tap(embedded=embedded)
        return self.dropout(embedded)


class Encoder(Stack):
    """Read the source sentence: the left half of figure 1."""

    def __init__(self, size: Dimensions) -> None:
        super().__init__(size, size.source_words)
        layer, _ = LAYERS[size.norm]
        self.layers = nn.ModuleList(layer(size) for _ in range(size.layers))

    def forward(self, source: Tensor, mask: Tensor) -> Tensor:
        """Return the memory: one vector a source word, having looked at the whole sentence.

        Shapes:
            source: batch token
            mask: batch query key
            return: batch token d_model
        """
        x = self.embed(source)
        for layer in self.layers:
            x = layer(x, mask)
        return self.norm(x)


class Decoder(Stack):
    """Read the target words written so far, and the memory: the right half of figure 1."""

    def __init__(self, size: Dimensions) -> None:
        super().__init__(size, size.target_words)
        _, layer = LAYERS[size.norm]
        self.layers = nn.ModuleList(layer(size) for _ in range(size.layers))

    def forward(
        self, target: Tensor, memory: Tensor, target_mask: Tensor, source_mask: Tensor, cache: Cache
    ) -> Tensor:
        """Return one vector a target word; the first stands behind those that the cache has read.

        Shapes:
            target: batch target
            memory: batch source d_model
            target_mask: batch target key
            source_mask: batch 1 source
            return: batch target d_model
        """
        x = self.embed(target, start=cache.length)
        for layer, layer_cache in zip(self.layers, cache.layers, strict=True):
            x = layer(x, memory, target_mask, source_mask, layer_cache)
        cache.length += target.shape[1]
        return self.norm(x)


class Transformer(EncoderDecoder):
    """Turn a source sentence and the target words so far into scores for the next: figure 1.

    Args:
        size: how large to make it.
    """

    dimensions: Dimensions

    def __init__(self, size: Dimensions) -> None:
        super().__init__(size)
        self.encoder = Encoder(size)
        self.decoder = Decoder(size)
        if size.shared:
            self.encoder.embedding.weight = self.decoder.embedding.weight
        self.output = Output(self.decoder.embedding.weight)

    def unread_vectors(
        self, target: Tensor, unread: Tensor, memory: Tensor, mask: Tensor, cache: Cache
    ) -> Tensor:
        x: Tensor = self.decoder(unread, memory, target_mask(target, self.padding, cache.length), mask, cache)
        return x

    def cache(self) -> Cache:
        return Cache(self.dimensions.layers)
