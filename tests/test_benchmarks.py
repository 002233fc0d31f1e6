"""The command that measures: it starts only when that is what it was asked for."""

import pytest
import torch

from benchmarks import __main__, peak, watching


@pytest.mark.parametrize(("asked", "code", "said"), [("--help", 0, "out"), ("nonsense", 2, "err")])
def test_nothing_is_measured_or_written_when_asked_for_something_else(
    asked, code, said, monkeypatch, tmp_path, capsys
) -> None:
    monkeypatch.setattr(watching, "rows", lambda: pytest.fail("it measures"))
    monkeypatch.setattr(__main__, "PAGE", tmp_path / "benchmarks.md")
    monkeypatch.setattr("sys.argv", ["benchmarks", asked])
    with pytest.raises(SystemExit) as left:
        __main__.main()
    assert left.value.code == code
    assert "usage: python -m benchmarks" in getattr(capsys.readouterr(), said)
    assert not __main__.PAGE.exists()


def test_operations_of_a_product_are_counted_forward_and_backward() -> None:
    a, b = torch.ones(3, 5, requires_grad=True), torch.ones(5, 7, requires_grad=True)
    assert peak.operations(lambda: (a @ b).sum().backward()) == 3 * (2 * 3 * 5 * 7)
