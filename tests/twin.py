"""A Transformer that is written once more, in NumPy, to hold one without a part against."""

import numpy as np

from tracetf.layers.positions import sinusoid


class Twin:
    """The Transformer in NumPy, sentence by sentence and head by head, without one part."""

    def __init__(self, model, part):
        self.size, self.part = model.dimensions, part
        self.weights = {name: weight.detach().double().numpy() for name, weight in model.named_parameters()}

    def logits(self, source, target):
        pairs = zip(source.tolist(), target.tolist(), strict=True)
        return np.stack([self.of_one(np.array(read), np.array(written)) for read, written in pairs])

    def of_one(self, source, target):
        real, order = source != 0, np.arange(len(target))
        seen = np.tile(real, (len(source), 1))
        memory = self.stack("encoder", source, {"encoder": (None, seen)})
        causal = order <= order[:, None] if self.part != "mask" else True
        looks = {"decoder": (None, causal & (target != 0)[None]), "cross": (memory, seen[:1])}
        return self.stack("decoder", target, looks) @ self.weights["decoder.embedding.weight"].T

    def stack(self, name, words, looks):
        x = self.weights[f"{name}.embedding.weight"][words] * self.size.d_model**0.5
        if self.part != "positions":
            x = x + sinusoid(len(words), self.size.d_model).double().numpy()
        for layer in range(self.size.layers):
            for where, (memory, mask) in looks.items():
                room = "cross_attention" if where == "cross" else "self_attention"
                path = f"{name}.layers.{layer}.{room}"
                x = self.around(
                    path,
                    x,
                    lambda x, p=path, m=memory, k=mask, w=where, n=layer: self.attend(
                        p, x, x if m is None else m, k, [f"head:{n}", f"head:{w}.{n}"]
                    ),
                )
            x = self.around(f"{name}.layers.{layer}.feed_forward", x, self.feed(f"{name}.layers.{layer}"))
        return self.norm(f"{name}.norm", x) if self.size.norm == "pre" else x

    def around(self, path, x, sublayer):
        kept = 0 if self.part == "residual" and not self.is_empty(path) else x
        if self.size.norm == "pre":
            return kept + sublayer(self.norm(f"{path}_norm", x))
        return self.norm(f"{path}_norm", kept + sublayer(x))

    def is_empty(self, path):
        return self.part == "feed-forward" and path.endswith("feed_forward")

    def attend(self, path, x, memory, mask, called):
        W = {name: self.weights[f"{path}.{name}"] for name in ("W_Q", "W_K", "W_V", "W_O")}
        output, d_v = 0.0, self.size.d_v
        for head in range(self.size.heads):
            if self.part in [f"{name}.{head}" for name in called]:
                continue
            scores = (x @ W["W_Q"][head]) @ (memory @ W["W_K"][head]).T
            scores = np.where(mask, scores / (1 if self.part == "scale" else self.size.d_k**0.5), -np.inf)
            powers = np.exp(scores - scores.max(axis=1, keepdims=True))
            found = powers / powers.sum(axis=1, keepdims=True) @ (memory @ W["W_V"][head])
            output = output + found @ W["W_O"][head * d_v : (head + 1) * d_v]
        return output

    def feed(self, layer):
        W_1, b_1, W_2, b_2 = (self.weights[f"{layer}.feed_forward.{n}"] for n in ("W_1", "b_1", "W_2", "b_2"))
        if self.part == "feed-forward":
            return np.zeros_like
        return lambda x: np.maximum(x @ W_1 + b_1, 0) @ W_2 + b_2

    def norm(self, path, x):
        if self.part == "norm":
            return x
        normalized = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + self.size.epsilon)
        return self.weights[f"{path}.gamma"] * normalized + self.weights[f"{path}.beta"]
