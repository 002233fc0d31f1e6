"""Reading attention: whose row is it, and does it say why?"""

import numpy as np
import torch

import tracetf
from tracetf.data.splits import splits
from tracetf.data.vocabulary import START
from tracetf.evaluation import is_content, readability

model = tracetf.load()
PAIRS = splits("small").iid[:60]
by_head = readability(model, PAIRS)
layers = [name.split(".")[2] for name in by_head]
table = [list(shares) for shares in by_head.values()]


@torch.inference_mode()
def _read(source: list[int], target: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean cross-attention of the last layer, and the probabilities of the true next words."""
    with tracetf.record(model, only="*.1.cross_attention.weights", parameters=False) as trace:
        logits = model(torch.tensor([source]), torch.tensor([[START, *target[:-1]]]))
    chances = torch.softmax(logits[0], dim=-1)[torch.arange(len(target)), torch.tensor(target)]
    return trace["decoder.layers.1.cross_attention.weights"].value[0].mean(axis=0), chances.numpy()


hits = {"predicts": [], "reads": []}
agrees, hurts = [], []
for pair in PAIRS:
    source, target = model.source.encode(pair.source), model.target.encode(pair.target)
    weights, chances = _read(source, target)
    # hidden: the word becomes padding, which nobody looks at
    hidden = np.array(
        [_read([0 if i == j else id for j, id in enumerate(source)], target)[1] for i in range(len(source))]
    )
    for row, gold in enumerate(pair.alignment):
        if not gold or not is_content(pair.target[row]):
            continue
        hits["predicts"].append(weights[row].argmax() in gold)
        if row + 1 < len(weights):
            hits["reads"].append(weights[row + 1].argmax() in gold)
        worst = int((chances[row] - hidden[:, row]).argmax())
        agrees.append(worst == weights[row].argmax())
        hurts.append(worst in gold)
share = {name: float(np.mean(found)) for name, found in hits.items()}
agreement, hurting, counted = float(np.mean(agrees)), float(np.mean(hurts)), len(agrees)

# one sentence to look at
with tracetf.record(model) as trace:
    translation = model.translate("the poet likes an actor")
PLACE = "decoder.layers.1.cross_attention.weights"
event = trace[PLACE, trace.phases[-1]]
words, reads = event.labels["key"][0], event.labels["query"][0]
predicts = [*reads[1:], "</s>"]
ids = model.source.encode([*words])
said = model.target.encode(predicts[:-1])
_, whole = _read(ids, said)
drops = np.stack(
    [whole - _read([0 if i == j else id for j, id in enumerate(ids)], said)[1] for i in range(len(ids))],
    axis=1,
)
looked = event.value[0].mean(axis=0)[: len(drops)]
