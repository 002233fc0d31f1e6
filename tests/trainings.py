"""How the files that two trainings left are held against each other."""

from pathlib import Path

from safetensors import safe_open


def same(one: Path, other: Path) -> None:
    """Hold the files of two trainings against each other, bit by bit."""
    assert (one / "metrics.jsonl").read_bytes() == (other / "metrics.jsonl").read_bytes()
    for name in ("checkpoint.safetensors", "last.safetensors"):
        files = [safe_open(folder / name, "numpy") for folder in (one, other)]
        assert files[0].metadata() == files[1].metadata(), name
        assert set(files[0].keys()) == set(files[1].keys()), name
        for array in files[0].keys():  # noqa: SIM118 - a file is no dictionary
            assert files[0].get_tensor(array).tobytes() == files[1].get_tensor(array).tobytes(), (name, array)
