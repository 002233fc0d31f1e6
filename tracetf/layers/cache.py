"""What decoding keeps from word to word: keys and values, for they do not change once made."""

from torch import Tensor

from tracetf.taps import tap


class Kept:
    """Keep the keys and values of one attention. Queries are not kept: each is asked once.

    Args:
        once: whether the first keys are all there will be, as in cross-attention: the memory does not grow.

    `rows` are the rows of the batch that go on, if they are others than before: row i of the next step
    continues row `rows[i]` of this one.

    Shapes:
        keys: batch head key d_k
        values: batch head key d_v
    """

    def __init__(self, once: bool = False) -> None:
        self.once = once
        self.keys: Tensor | None = None
        self.values: Tensor | None = None
        self.rows: Tensor | None = None
        self._blocks: tuple[Tensor | None, Tensor | None] = None, None

    @property
    def complete(self) -> bool:
        """Whether there is nothing more to keep."""
        return self.once and self.keys is not None

    def extend(self, K: Tensor, V: Tensor) -> tuple[Tensor, Tensor]:
        """Put new keys and values behind the kept ones and return them all.

        Shapes:
            K: batch head new d_k
            V: batch head new d_v
            return: batch head key d_k, batch head key d_v

        Raises:
            ValueError: keys of another number of sentences than the kept ones.
        """
        if self.keys is None:
            self.keys, self.values = K, V
            return K, V
        keys, values = self._going_on()
        if len(K) != len(keys):
            raise ValueError(
                f"{len(K)} rows of keys do not fit the {len(keys)} of the cache; begin a new one"
            )
        self.keys, block_of_keys = behind(keys, K, self._blocks[0])
        self.values, block_of_values = behind(values, V, self._blocks[1])
        self._blocks = block_of_keys, block_of_values
        tap(keys=self.keys, values=self.values)
        return self.keys, self.values

    def again(self) -> tuple[Tensor, Tensor]:
        """Return the kept keys and values, where nothing is new.

        Shapes:
            return: batch head key d_k, batch head key d_v
        """
        self.keys, self.values = keys, values = self._going_on()
        tap(keys=keys, values=values)
        return keys, values

    def _going_on(self) -> tuple[Tensor, Tensor]:
        assert self.keys is not None
        assert self.values is not None
        if self.rows is None:
            return self.keys, self.values
        rows, self.rows, self._blocks = self.rows, None, (None, None)
        return self.keys[rows], self.values[rows]


def behind(kept: Tensor, new: Tensor, block: Tensor | None) -> tuple[Tensor, Tensor]:
    """Write new rows behind the kept ones, into the block that holds those if it has room for them.

    A new block has room for as many again, so that the kept ones are not copied at every word.

    Shapes:
        kept: batch head key d_k
        new: batch head new d_k
        return: batch head both d_k, batch head room d_k
    """
    length, both = kept.shape[2], kept.shape[2] + new.shape[2]
    if block is None or block.shape[2] < both:
        batch, heads, _, d_k = kept.shape
        block = kept.new_empty(batch, heads, 2 * both, d_k)
        block[:, :, :length] = kept
    block[:, :, length:both] = new
    return block[:, :, :both], block


class LayerCache:
    """Keep what one decoder layer's two attentions have made."""

    def __init__(self) -> None:
        self.self_attention = Kept()
        self.cross_attention = Kept(once=True)


class Cache:
    """Keep what every decoder layer has made, and how many target words that covers.

    Args:
        layers: number of decoder layers.
    """

    def __init__(self, layers: int) -> None:
        self.length = 0
        self.layers = [LayerCache() for _ in range(layers)]

    def select(self, rows: Tensor) -> None:
        """Go on with these rows of the batch.

        Shapes:
            rows: batch
        """
        for layer in self.layers:
            layer.self_attention.rows = layer.cross_attention.rows = rows

    def exchange(self, rows: Tensor) -> None:
        """Go on with these rows, each of the same sentence as the one it takes the place of.

        Shapes:
            rows: batch
        """
        for layer in self.layers:
            layer.self_attention.rows = rows
