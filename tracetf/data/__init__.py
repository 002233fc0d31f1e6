"""The corpus: English and Korean sentence pairs of one small grammar, with gold alignment. No torch."""
