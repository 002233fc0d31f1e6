import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetf.data.pairs import LONGEST_LINE, TextPair, read_pairs
from tracetf.data.text import plain

GOOD = b"I go.\tIch gehe.\nYou go.\tDu gehst.\n"
PAIRS = [TextPair("I go.", "Ich gehe."), TextPair("You go.", "Du gehst.")]


@pytest.fixture
def stored(tmp_path):
    """Return a function that writes bytes into a file of pairs."""

    def stored(content: bytes, name: str = "pairs.tsv"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return stored


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD.rstrip(b"\n"),
        GOOD.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + GOOD,
        gzip.compress(GOOD),
        gzip.compress(GOOD[:20]) + gzip.compress(GOOD[20:]),
        GOOD.replace(b"\n", b"\tCC BY\n"),
        GOOD.replace(b"go.", "  go.\u3000".encode()),
    ],
)
def test_pairs_are_read_from_plain_and_gzipped_text(stored, content):
    found = read_pairs(stored(content))
    assert (found.pairs, found.left_out, found.damage) == (PAIRS, 0, ())


def test_the_content_says_whether_it_is_gzipped_not_the_name(stored):
    assert read_pairs(stored(GOOD, "pairs.tsv.gz")).pairs == PAIRS


def test_other_columns_can_be_asked_for(stored):
    path = stored(b"a\tb\tc\nd\te\tf\n")
    assert read_pairs(path, columns=(3, 1)).pairs == [("c", "a"), ("f", "d")]
    with pytest.raises(ValueError, match="2 of 2 lines are damaged: line 1 has 3 columns, line 2 has 3"):
        read_pairs(path, columns=(1, 4))
    with pytest.raises(ValueError, match=r"columns=\(0, 1\) are counted from 1; name the column"):
        read_pairs(path, columns=(0, 1))


def test_letters_are_composed(stored):
    assert read_pairs(stored("u\u0308ber\t\u1112\u1161\u11ab\n".encode())).pairs == [("über", "한")]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (b"\xff\tb", "is not UTF-8"),
        (b"\xed\xa0\x80\tb", "is not UTF-8"),
        (b"a b", "has no tab"),
        (b"", "has no tab"),
        (b"\tb", "has an empty side"),
        ("a\t\u3000 ".encode(), "has an empty side"),
        (b"a\0\tb", r"holds the control character U\+0000"),
        (b"a\tb\x1b[0m", r"holds the control character U\+001B"),
        (b"x" * 100_000 + b"\tb", "is longer than 65,536 bytes"),
        (b"x" * (3 * LONGEST_LINE), "is longer than 65,536 bytes"),
    ],
)
def test_a_damaged_line_is_named_and_refused_or_left_out(stored, line, wrong):
    before, after = GOOD.splitlines(keepends=True)
    path = stored(before + line + b"\n" + after)
    with pytest.raises(
        ValueError,
        match=rf"pairs\.tsv: 1 of 3 lines are damaged: line 2 {wrong}; .* leave them out with damaged=skip",
    ):
        read_pairs(path)
    found = read_pairs(path, damaged="skip")
    assert (found.pairs, found.left_out) == (PAIRS, 1)


def test_many_damaged_lines_are_counted_and_the_first_few_named(stored):
    with pytest.raises(
        ValueError, match=r"1,000 of 1,002 .*: line 3 has no tab, .*line 7 has no tab, …; mend"
    ):
        read_pairs(stored(GOOD + b"no tab\n" * 1000))


@pytest.mark.parametrize("lost", [1, 8, 12, 200])
def test_of_a_broken_gzip_file_the_whole_lines_are_kept(stored, lost):
    lines = b"".join(b"%d\t%d\n" % (number, number * 7919) for number in range(2000))
    path = stored(gzip.compress(lines)[:-lost])
    with pytest.raises(ValueError, match=r"line \d+ is where the gzip stream breaks off; mend"):
        read_pairs(path)
    found = read_pairs(path, damaged="skip")
    assert found.left_out == 1
    assert found.pairs == [(str(number), str(number * 7919)) for number in range(len(found.pairs))]
    assert len(found.pairs) > 1500


@pytest.mark.parametrize("end", [b"noise", b"\x1f\x8bnoise"])
def test_what_follows_a_gzip_stream_is_damage(stored, end):
    assert read_pairs(stored(gzip.compress(GOOD) + end), damaged="skip").pairs == PAIRS


def test_a_file_without_a_single_pair_is_refused(stored):
    with pytest.raises(
        ValueError, match="holds no sentence pair; write one pair a line: source, tab, target"
    ):
        read_pairs(stored(b""))
    with pytest.raises(
        ValueError, match="holds no sentence pair: 1 of 1 lines are damaged: line 1 has no tab;"
    ):
        read_pairs(stored(b"?\n"), damaged="skip")


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.tsv"):
        read_pairs(tmp_path / "none.tsv")


@given(st.binary())
def test_any_bytes_are_read_or_refused_with_a_reason(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.tsv"
    path.write_bytes(content)
    found, refusal = [], ""
    try:
        found = read_pairs(path, damaged="skip").pairs
    except ValueError as error:
        refusal = str(error)
    assert bool(found) != ("; " in refusal)
    assert all(side and side == plain(side) for pair in found for side in pair)
