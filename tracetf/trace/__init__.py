"""What a run left behind: events and their trace, as plain records and NumPy arrays. No torch."""

from tracetf.trace.event import Event
from tracetf.trace.trace import Trace
from tracetf.trace.verify import Verification, verify

__all__ = ["Event", "Trace", "Verification", "verify"]
