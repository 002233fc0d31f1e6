"""What every model here does: read a source, then score each next word of a target."""

from abc import ABC, abstractmethod
from typing import Any

from torch import Tensor, nn

from tracetf.dimensions import Sizes
from tracetf.layers.embedding import Output
from tracetf.layers.masks import source_mask
from tracetf.taps import tap


class EncoderDecoder(nn.Module, ABC):
    """Read a source sentence once, and the target words so far, to score the next: figure 1.

    Training and decoding know no more of a model than this.

    Args:
        size: how large to make it.
    """

    encoder: nn.Module
    output: Output
    left_out: tuple[str, ...] = ()  # the parts that it is without

    def __init__(self, size: Sizes) -> None:
        super().__init__()
        self.dimensions = size
        self.padding = size.padding

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Return at each target word the logits of the word after it.

        Shapes:
            source: batch source
            target: batch target
            return: batch target vocabulary
        """
        memory, mask = self.encode(source)
        return self.decode(target, memory, mask)

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Return the memory of the source words, and the mask that leaves its padding out.

        Shapes:
            source: batch source
            return: batch source d_model, batch 1 source
        """
        tap(source=source)
        mask = source_mask(source, self.padding)
        return self.encoder(source, mask), mask

    def decode(self, target: Tensor, memory: Tensor, mask: Tensor, cache: Any = None) -> Tensor:
        """Return logits after each target word that the cache has not read yet; without a cache, after each.

        Shapes:
            target: batch target
            memory: batch source d_model
            mask: batch 1 source
            return: batch unread vocabulary
        """
        logits: Tensor = self.output(self.vectors(target, memory, mask, cache))
        return logits

    def vectors(self, target: Tensor, memory: Tensor, mask: Tensor, cache: Any = None) -> Tensor:
        """Return what the logits are made of: the decoder's last vector of each word, as `decode` takes them.

        Shapes:
            target: batch target
            memory: batch source d_model
            mask: batch 1 source
            return: batch unread d_model
        """
        tap(target=target)
        cache = cache or self.cache()
        unread = target
        if cache.length:
            unread = target[:, cache.length :]
            tap(unread=unread)
        return self.unread_vectors(target, unread, memory, mask, cache)

    @abstractmethod
    def unread_vectors(
        self, target: Tensor, unread: Tensor, memory: Tensor, mask: Tensor, cache: Any
    ) -> Tensor:
        """Return one vector for each unread word at the end of the target.

        Shapes:
            target: batch target
            unread: batch unread
            memory: batch source d_model
            mask: batch 1 source
            return: batch unread d_model
        """

    @abstractmethod
    def cache(self) -> Any:
        """Return an empty cache for decoding one batch."""
