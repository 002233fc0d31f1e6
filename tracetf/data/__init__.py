"""Sentence pairs: those of one small grammar, with gold alignment, or of a file; and tokenizers. No torch."""
