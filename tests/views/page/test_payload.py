"""What Python packs for a page, read back by hand."""

import json
import re
from base64 import b64decode
from pathlib import Path
from zlib import decompress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from tracetf.steps import STEPS
from tracetf.views.page import page, script, scripts, trace_of
from tracetf.views.page.formulas import mathml
from tracetf.views.page.legible import legible
from tracetf.views.page.payload import Packed


def read_back(text: str) -> list[np.ndarray]:
    """Read a payload as the page does."""
    data = decompress(b64decode(text))
    begin = 4 + int.from_bytes(data[:4], "little")
    facts = json.loads(data[4:begin])
    flat = {}
    for kind, length in facts["lengths"].items():
        width = int(kind[1])
        planes = np.frombuffer(data[begin : begin + length * width], np.uint8).reshape(width, length)
        flat[kind] = np.frombuffer(planes.T.tobytes(), "u1" if kind == "u1" else f"<{kind}")
        begin += length * width
    assert begin == len(data)
    return [flat[kind][at : at + int(np.prod(shape))].reshape(shape) for kind, at, shape in facts["arrays"]]


NUMBERS = st.one_of(st.floats(width=32, allow_nan=False), st.floats(-1e3, 1e3, width=32))


@given(st.lists(arrays(np.float32, array_shapes(max_dims=4, max_side=5), elements=NUMBERS), max_size=4))
def test_numbers_keep_six_digits(given_arrays) -> None:
    packed = Packed()
    numbers = [packed.add(array) for array in given_arrays]
    found = read_back(packed.text({}))
    for number, array in zip(numbers, given_arrays, strict=True):
        np.testing.assert_allclose(found[number], array, rtol=2e-6, atol=1e-43)


@given(
    st.lists(
        arrays(np.int64, array_shapes(max_dims=3, max_side=4), elements=st.integers(-(2**31) + 1, 2**31 - 1))
    )
)
def test_ids_come_through_as_they_are(given_arrays) -> None:
    packed = Packed()
    numbers = [packed.add(array) for array in given_arrays]
    found = read_back(packed.text({}))
    assert all(np.array_equal(found[n], array) for n, array in zip(numbers, given_arrays, strict=True))


def test_each_kind_of_number_takes_what_it_needs() -> None:
    packed = Packed()
    given_arrays = {
        "f4": np.float32([0.1, -np.inf, np.nan, np.inf]),
        "f2": np.float32([0.5, -np.inf]),
        "u1": np.array([True, False]),
        "i4": np.array([5]),
        "f8": np.array([2**40]),
    }
    for array in given_arrays.values():
        packed.add(array)
    assert [kind for kind, _, _ in packed.table] == list(given_arrays)
    for found, array in zip(read_back(packed.text({})), given_arrays.values(), strict=True):
        np.testing.assert_allclose(found, array, rtol=2e-6)


def test_the_largest_numbers_stay_finite() -> None:
    packed = Packed()
    packed.add(np.array([np.finfo(np.float32).max, np.finfo(np.float32).min, 1 / 3], np.float32))
    assert np.all(np.isfinite(read_back(packed.text({}))[0]))


def test_the_same_numbers_are_kept_once() -> None:
    packed = Packed()
    assert packed.add(np.ones((2, 3))) == packed.add(np.ones((2, 3))) != packed.add(np.ones((3, 2)))


def test_rounded_numbers_are_float16() -> None:
    packed = Packed(half=True)
    packed.add(np.float32([0.1, 1e9]))
    assert read_back(packed.text({}))[0].tolist() == [np.float16(0.1), np.inf]


@given(st.text())
def test_a_payload_means_nothing_to_html(said: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9+/]+=*", Packed().text({"said": legible(said, 99)}))


@pytest.mark.parametrize("key", STEPS)
def test_every_formula_becomes_mathml(key) -> None:
    tree = mathml(STEPS[key].tex)
    assert tree is not None
    assert (tree[0], tree[1]["display"]) == ("math", "block")
    assert "<" not in json.dumps(tree).replace('"<"', "")


@pytest.mark.parametrize("tex", ["", r"\frac{", r"\nonsense x"])
def test_what_is_no_tex_becomes_nothing(tex) -> None:
    assert mathml(tex) is None


def test_markup_in_a_formula_is_text() -> None:
    assert mathml(r"\text{<img>}")[2:] == [["mtext", {}, "<img>"]]


def test_the_script_and_its_style_ask_for_nothing() -> None:
    text = script()
    assert "</script" not in text
    urls = set(re.findall(r"https?://[^\s\"'`)]+", text))
    assert urls == {
        "http://www.w3.org/1999/xhtml",
        "http://www.w3.org/1998/Math/MathML",
        "http://www.w3.org/2000/svg",
    }
    assert not re.search(
        r"innerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|@import|url\(", text
    )


def test_every_module_of_the_explorer_is_in_the_script_once() -> None:
    folder = Path(scripts.__file__).parent / "explorer"
    there = {file.relative_to(folder).with_suffix("").as_posix() for file in folder.rglob("*.js")}
    assert sorted([*scripts.MODULES, "loader"]) == sorted(there)


def test_a_page_carries_the_explainers_of_its_steps_only(canonical, runs) -> None:
    rooms = {event.step.room for event in canonical if event.step}
    assert "beam.scores" not in script(rooms)
    assert "attention.scores" in script(rooms)
    assert "adam.update" in script({"adam"})
    assert "beam.scores" in script()


def test_labels_that_do_not_fit_an_array_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"q has shape \(2, 3\), so 3 columns, and 2 labels were given; give one"
    ):
        trace_of({"q": np.zeros((2, 3))}, columns=["a", "b"])
    with pytest.raises(ValueError, match=r"q has shape \(2, 3\), so 2 rows, and 1 labels were given"):
        trace_of({"q": np.zeros((2, 3))}, rows=["a"])
    with pytest.raises(ValueError, match="q holds <U1, not numbers"):
        trace_of({"q": ["a"]})


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (4, 2, 3)])
def test_arrays_of_any_shape_make_a_page(shape) -> None:
    trace = trace_of({"q": np.zeros(shape)}, columns=["a", "b", "c"])
    assert trace["q"].shape == shape
    assert page(trace)
