"""Self-attention on four words, with numbers small enough to check in one's head."""

import numpy as np
import torch

import tracetf
from docs.live.narrow import labelled
from tracetf.layers.attention import MultiHeadAttention

WORDS = ("I", "am", "a", "student")
Q = [[1, 1, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0], [1, 0, 0, 1]]
K = [[1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 1], [1, 1, 1, 5]]
V = [[1, 0], [0, 1], [0, 0], [2, 2]]

attention = MultiHeadAttention(d_model=4, heads=1, d_k=4, d_v=2)
for W, rows in (
    (attention.W_Q, [Q]),
    (attention.W_K, [K]),
    (attention.W_V, [V]),
    (attention.W_O, np.eye(2, 4)),
):
    W.data = torch.tensor(np.array(rows), dtype=torch.float32)
x = torch.eye(4)[None]  # word i is 1 at place i, so its query is row i of W_Q
with tracetf.record(torch.nn.ModuleDict({"self_attention": attention})) as run:
    attention(x, x, torch.ones(1, 4, 4, dtype=torch.bool))
trace = labelled(run, query=WORDS, key=WORDS)

scores, scaled, weights, heads = (
    trace[f"self_attention.{name}"].value[0, 0] for name in ("scores", "scaled", "weights", "heads")
)
of_torch = torch.nn.functional.scaled_dot_product_attention(
    *(torch.tensor(m, dtype=torch.float32) for m in (Q, K, V))
)
difference = float(np.abs(of_torch.numpy() - heads).max())

SLIDE = np.array([[1, 0.5, 0.3, 1], [0.5, 1, 0.4, 0.2], [0.3, 0.4, 1, 0.1], [1, 0.2, 0.1, 1]])
slide_softmax = torch.softmax(torch.tensor(SLIDE), dim=-1).numpy()

model = tracetf.load()
with tracetf.record(model) as real:
    model.translate("I am a student")
REAL = "encoder.layers.0.self_attention.weights"
real_weights = real[REAL].value[0, 0]
lopsided = float(np.abs(real_weights - real_weights.T).max())

CUSTOMERS = ("apple", "banana", "cherry", "date")
IDS = np.eye(4)
ROWS = np.array([[25, 1500], [31, 2500], [19, 1000], [45, 3000]])


def shares(sharpness: float, who: str = "banana") -> np.ndarray:
    """Return how much of each customer a query brings, the sharper the more of the one it names."""
    points = sharpness * IDS @ IDS[CUSTOMERS.index(who)]
    return np.exp(points) / np.exp(points).sum()


def found(sharpness: float) -> np.ndarray:
    """Return the row that a query brings."""
    return shares(sharpness) @ ROWS
