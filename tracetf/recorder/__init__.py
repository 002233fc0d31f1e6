"""The bridge between the model and the record: it listens to `tap` and writes a Trace."""

import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook

from tracetf.recorder.calls import heard_by
from tracetf.recorder.keep import Keep
from tracetf.recorder.writer import Recorder
from tracetf.taps import watch
from tracetf.trace import Trace
from tracetf.trace.stream import Stream

__all__ = ["record"]


@contextmanager
def record(
    model: nn.Module | None = None,
    *,
    only: str | Sequence[str] = "*",
    layers: Collection[int] | None = None,
    first_in_batch: bool = False,
    statistics: bool = False,
    budget: int | None = None,
    parameters: bool = True,
    modules: bool = False,
    to: str | Path | None = None,
) -> Iterator[Trace]:
    """Record what a model computes in this thread or task while the block runs.

    After a backward pass inside the block, events that took part in it have their gradient.

    Args:
        model: the model to follow; whichever the block runs when left out.
        only: keep the events whose path matches this glob, or one of these: `*.cross_attention.*`.
        layers: keep these layers, and what is in no layer.
        first_in_batch: keep the first sentence of each batch alone.
        statistics: keep mean, deviation, min, max and the share that is −∞ of each value, instead of it.
        budget: bytes of values to keep; recording stops at the value that would go beyond, the run goes on.
        parameters: keep the weights as well, without which a trace cannot be verified.
        modules: record the output of every module that taps nothing itself, such as torch's own.
        to: file to write the trace to while it grows; its numbers then stay there and not in memory.

    Raises:
        OSError: there can be no file at `to`.
    """
    globs = (only,) if isinstance(only, str) else tuple(only)
    trace = Trace()
    stream = Stream(to, trace) if to is not None else None
    if stream is not None:
        trace.hold = stream.add_gradient
    recorder = Recorder(
        trace,
        getattr(model, "_orig_mod", model),  # what torch.compile wraps
        Keep(globs, layers, first_in_batch, statistics, budget),
        parameters,
        modules,
        stream,
    )
    with ExitStack() as stack:
        if model is None:
            stack.callback(register_module_forward_pre_hook(recorder.meet).remove)
        stack.enter_context(heard_by(recorder))
        stack.enter_context(watch(recorder.take))
        try:
            yield trace
            if stream is not None:
                len(trace)
                stream.close()
        except Exception as error:
            recorder.explain(error)
            raise
        finally:
            recorder.close()
    if trace.notice:
        warnings.warn(trace.notice, stacklevel=3)
