"""The same in a script, or under another test runner."""

import tracetf
from tracetf.testing import Shapes, rows_sum_to_one

model = tracetf.load()
with tracetf.record(model) as trace:
    model.translate("I am a student")

rows_sum_to_one(trace.select("*.weights"))
wrong = Shapes(trace).explain({"encoder.*.scores": "batch head=4 query key"}, exact=False)
if wrong:
    raise SystemExit(wrong)
