"""What decoding keeps from word to word: keys and values, for they do not change once made."""

import torch
from torch import Tensor

from tracetf.taps import tap


class Kept:
    """Keep the keys and values of one attention. Queries are not kept: each is asked once.

    Shapes:
        keys: batch head key d_k
        values: batch head key d_v
    """

    def __init__(self) -> None:
        self.keys: Tensor | None = None
        self.values: Tensor | None = None

    def extend(self, K: Tensor, V: Tensor) -> tuple[Tensor, Tensor]:
        """Put new keys and values behind the kept ones and return them all.

        Shapes:
            K: batch head new d_k
            V: batch head new d_v
            return: batch head key d_k, batch head key d_v
        """
        if self.keys is not None and self.values is not None:
            K, V = torch.cat([self.keys, K], dim=2), torch.cat([self.values, V], dim=2)
            tap(keys=K, values=V)
        self.keys, self.values = K, V
        return K, V


class LayerCache:
    """Keep what one decoder layer's two attentions have made."""

    def __init__(self) -> None:
        self.self_attention = Kept()
        self.cross_attention = Kept()


class Cache:
    """Keep what every decoder layer has made, and how many target words that covers.

    Args:
        layers: number of decoder layers.
    """

    def __init__(self, layers: int) -> None:
        self.length = 0
        self.layers = [LayerCache() for _ in range(layers)]
