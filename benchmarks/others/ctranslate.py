"""CTranslate2, which only writes."""

from tempfile import TemporaryDirectory
from typing import Any

from torch import Tensor, nn

from benchmarks.theirs import Theirs, Writer
from tracetf import Dimensions


def writer(size: Dimensions, source: Tensor, words: int) -> Writer:
    """Return a function that writes with the weights of a `Theirs`, in float32, on one thread."""
    from ctranslate2 import Translator

    with TemporaryDirectory() as folder:
        converted(Theirs(size).requires_grad_(False)).save(folder)
        translator = Translator(folder, compute_type="float32", inter_threads=1, intra_threads=1)
    sentences = [[str(word) for word in sentence] for sentence in source.tolist()]

    def write() -> list[list[str]]:
        written = translator.translate_batch(
            sentences, beam_size=1, min_decoding_length=words, max_decoding_length=words
        )
        return [one.hypotheses[0] for one in written]

    return write


def converted(model: Theirs) -> Any:
    """Return a model as CTranslate2 has it: without a norm after the last layer; words are their numbers."""
    from ctranslate2.specs import TransformerSpec

    spec = TransformerSpec.from_config(model.size.layers, model.size.heads, pre_norm=False)
    encoder, decoder = spec.encoder, spec.decoder
    encoder.embeddings[0].weight = model.source.weight
    decoder.embeddings.weight = decoder.projection.weight = model.target.weight
    encoder.position_encodings.encodings = decoder.position_encodings.encodings = model.positions
    for copy, layer in zip(encoder.layer, model.transformer.encoder.layers, strict=True):
        copy_attention(copy.self_attention, layer.self_attn, layer.norm1)
        copy_feed_forward(copy.ffn, layer, layer.norm2)
    for copy, layer in zip(decoder.layer, model.transformer.decoder.layers, strict=True):
        copy_attention(copy.self_attention, layer.self_attn, layer.norm1)
        copy_attention(copy.attention, layer.multihead_attn, layer.norm2)
        copy_feed_forward(copy.ffn, layer, layer.norm3)
    spec.register_source_vocabulary([str(word) for word in range(model.size.source_words)])
    spec.register_target_vocabulary([str(word) for word in range(model.size.target_words)])
    spec.config.unk_token = spec.config.eos_token = "0"
    spec.config.bos_token = spec.config.decoder_start_token = "1"
    spec.validate()
    spec.optimize()
    return spec


def copy_attention(copy: Any, attention: nn.MultiheadAttention, norm: nn.LayerNorm) -> None:
    """Give CTranslate2's attention torch's weights: Q, K and V in one, or Q apart where it crosses over."""
    *inside, outside = copy.linear
    sizes = [attention.embed_dim * share for share in ((3,) if len(inside) == 1 else (1, 2))]
    both = zip(attention.in_proj_weight.split(sizes), attention.in_proj_bias.split(sizes), strict=True)
    for linear, (weight, bias) in zip(inside, both, strict=True):
        linear.weight, linear.bias = weight, bias
    copy_linear(outside, attention.out_proj)
    copy_norm(copy.layer_norm, norm)


def copy_feed_forward(copy: Any, layer: Any, norm: nn.LayerNorm) -> None:
    """Give CTranslate2's feed-forward network torch's weights."""
    copy_linear(copy.linear_0, layer.linear1)
    copy_linear(copy.linear_1, layer.linear2)
    copy_norm(copy.layer_norm, norm)


def copy_linear(copy: Any, linear: nn.Linear) -> None:
    """Give a linear layer torch's weights."""
    copy.weight, copy.bias = linear.weight, linear.bias


def copy_norm(copy: Any, norm: nn.LayerNorm) -> None:
    """Give a norm torch's weights."""
    copy.gamma, copy.beta = norm.weight, norm.bias
