"""What attention and recurrence cost: multiply-adds, steps that wait, paths, memory; counted on runs."""

import torch

import tracetf
from docs.live.narrow import labelled
from tracetf.experiments import cost, one_layer, paths

WORDS = ("I", "am", "a", "student")
found = cost.measure()
d = found.d_model
SHOWN = [found.lengths.index(n) for n in (4, 16, 64, 128, 256)]
names = [f"n = {found.lengths[i]}" for i in SHOWN]


def row(counted: list[int]) -> list[int]:
    """Return thousands of multiply-adds, at the lengths that the page shows."""
    return [round(counted[i] / 1000) for i in SHOWN]


between, projections = row(found.between), row(found.projections)
whole = row(found.attention)
cells = {name: row(counted) for name, counted in found.recurrent.items()}
meet = {name: found.crossing(name, whole=False) for name in found.recurrent}
meet_whole = {name: found.crossing(name, whole=True) for name in found.recurrent}
upto = found.lengths.index(128) + 1
lines = [
    [(n, count / 1e6) for n, count in zip(found.lengths[:upto], counted[:upto], strict=True)]
    for counted in (found.between, found.recurrent["RNN"])
]

# one small run, step by step
torch.manual_seed(0)
trace = labelled(one_layer.attention(len(WORDS), d, heads=4), query=WORDS, key=WORDS, token=WORDS)
products = cost.multiply_adds(trace)


def shape(key: str) -> str:
    """Return the axes of a step with their sizes."""
    event = trace[key]
    return " × ".join(f"{size} {axis}" for axis, size in zip(event.axes[1:], event.shape[1:], strict=True))


steps = "\n".join(f"| `{key}` | {shape(key)} | {count:,} |" for key, count in products.items() if count)

# what waits for what
LENGTHS = (4, 8, 16, 32)
ways = paths.measure(LENGTHS)
waiting = [
    [one.steps for one in ways.recurrent],
    [one.steps for one in ways.attention],
]
apart = [
    [one.distance for one in ways.recurrent],
    [one.distance for one in ways.attention],
]

# the memory of the maps of one layer, and of its states, as large as the paper's
HEADS, WIDE, BYTES = 8, 512, 4
memory = [[HEADS * n * n * BYTES / 2**20, n * WIDE * BYTES / 2**20] for n in (64, 512, 4096)]
model = tracetf.load()
with tracetf.record(model) as translated:
    model.translate("I am a student")
maps = [event for event in translated if event.name == "weights"]
bytes_of_maps = sum(event.value.nbytes for event in maps)
