"""Questions put to models and traces, answered in numbers: one module an experiment, `measure` its function.

All arguments of a `measure` have defaults. `tracetf experiment NAME` tells what comes out, and draws it.
"""

EXPERIMENTS = {
    "length": "How right are translations of short and of long sentences?",
    "gradients": "How much of the first word is left in the last state's gradient?",
    "paths": "How far is the last word from the first?",
    "cost": "How many multiply-adds do attention and recurrence take?",
    "parameters": "How many numbers do RNN, GRU and LSTM learn?",
    "neighbours": "What does a norm do when another sentence of the batch changes?",
}
