import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracetf.files import ArrayFile, whole_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "result.bin"


@pytest.fixture(params=[0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.parametrize("before", [None, b"old"])
def test_a_file_appears_only_once_it_is_whole(before: bytes | None, path: Path) -> None:
    if before:
        path.write_bytes(before)
    with whole_file(path) as draft:
        draft.write_bytes(b"new")
        assert draft.parent == path.parent
        assert (path.read_bytes() if path.exists() else None) == before
    assert path.read_bytes() == b"new"
    assert os.listdir(path.parent) == [path.name]


def test_who_has_the_old_file_open_goes_on_reading_it(path: Path) -> None:
    path.write_bytes(b"old")
    with path.open("rb") as reader:
        with whole_file(path) as draft:
            draft.write_bytes(b"new")
        assert reader.read() == b"old"


@pytest.mark.parametrize("error", [OSError, ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("before", [None, b"old"])
def test_a_failure_leaves_what_was_there(
    before: bytes | None, error: type[BaseException], path: Path
) -> None:
    if before:
        path.write_bytes(before)
    with pytest.raises(error), whole_file(path) as draft:  # noqa: PT012 - the block must write, then fail
        draft.write_bytes(b"half")
        raise error
    assert (path.read_bytes() if path.exists() else None) == before
    assert os.listdir(path.parent) == ([path.name] if before else [])


def test_a_failure_to_put_it_in_its_place_leaves_no_draft(path: Path) -> None:
    path.mkdir()
    with pytest.raises(OSError, match=r"result\.bin"), whole_file(path) as draft:
        draft.write_bytes(b"new")
    assert os.listdir(path.parent) == [path.name]


def test_a_draft_taken_away_is_an_os_error(path: Path) -> None:
    with pytest.raises(FileNotFoundError), whole_file(path) as draft:
        draft.unlink()
    assert os.listdir(path.parent) == []


def test_a_missing_folder_is_named(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no such folder to write to: .*nowhere"):
        whole_file(path.parent / "nowhere" / "result.bin").__enter__()


def test_a_file_may_be_read_by_whom_the_umask_allows(umask: int, path: Path) -> None:
    with whole_file(path) as draft:
        draft.write_bytes(b"new")
        draft.chmod(0o600)  # as safetensors does
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    assert os.umask(umask) == umask


def test_a_folder_is_no_file_of_arrays(path: Path) -> None:
    with pytest.raises(IsADirectoryError, match=re.escape(str(path.parent))):
        ArrayFile(path.parent, "numpy", ["F32"])
