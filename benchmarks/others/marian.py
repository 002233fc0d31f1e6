"""Hugging Face's Marian."""

from typing import Any

from torch import Tensor

from benchmarks.theirs import Learner, Writer, judged
from tracetf import Dimensions


def build(size: Dimensions) -> Any:
    """Return a Marian that drops and ties what `torch.nn.Transformer` does."""
    from transformers import MarianConfig, MarianMTModel

    config = MarianConfig(
        vocab_size=size.source_words,
        decoder_vocab_size=size.target_words,
        share_encoder_decoder_embeddings=False,
        d_model=size.d_model,
        encoder_layers=size.layers,
        decoder_layers=size.layers,
        encoder_attention_heads=size.heads,
        decoder_attention_heads=size.heads,
        encoder_ffn_dim=size.d_ff,
        decoder_ffn_dim=size.d_ff,
        dropout=size.dropout,
        attention_dropout=size.dropout,
        activation_dropout=size.dropout,
        max_position_embeddings=size.longest,
        activation_function="relu",
        scale_embedding=True,
        pad_token_id=size.padding,
        decoder_start_token_id=1,
        eos_token_id=2,
        forced_eos_token_id=None,
    )
    return MarianMTModel(config)


def writer(size: Dimensions, source: Tensor, words: int) -> Writer:
    """Return a function that writes with a cache."""
    model = build(size).eval()
    return lambda: model.generate(source, min_new_tokens=words, max_new_tokens=words)[:, 1:]


def learner(size: Dimensions, smoothing: float) -> Learner:
    """Return a Marian to train, and the loss of `torch.nn.Transformer`: its own is not smoothed."""
    model = build(size).train()

    def logits(source: Tensor, target: Tensor) -> Tensor:
        mask = source != size.padding
        return model(input_ids=source, attention_mask=mask, decoder_input_ids=target).logits

    return model, judged(logits, smoothing)
