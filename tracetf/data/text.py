"""What both languages share when text is cut into words."""

import re
import unicodedata

END_MARKS = (".", "?")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SAME_MARK = {"!": ".", "…": ".", "。": ".", "！": ".", "？": "?"}
_SAME_APOSTROPHE = str.maketrans("’‘ʼ＇", "''''")
_WORD_OR_MARK = re.compile(r"\w+(?:'\w+)*|[^\w\s]")


def plain(text: str) -> str:
    """Write the same text one way: composed letters (Unicode's NFC), single spaces, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def normal(text: str) -> str:
    """Write the same text one way: as `plain` does, and with straight apostrophes."""
    return plain(text).translate(_SAME_APOSTROPHE)


def cut(text: str) -> list[str]:
    """Cut text into words and single punctuation marks; `!` counts as a full stop."""
    return [_SAME_MARK.get(word, word) for word in _WORD_OR_MARK.findall(text)]


def ended(words: list[str], asks: bool) -> list[str]:
    """End a sentence with exactly one mark: the writer's own, or the missing one."""
    body = list(words)
    marks = []
    while body and body[-1] in END_MARKS:
        marks.append(body.pop())
    question = "?" in marks if marks else asks
    return [*body, "?" if question else "."] if words else []


def printable(sentence: str) -> str:
    """Return a sentence as it is.

    Raises:
        ValueError: an empty one, or one with control characters.
    """
    odd = next((found for found in UNPRINTABLE.finditer(sentence) if not found[0].isspace()), None)
    if odd:
        raise ValueError(
            f"the sentence holds the control character U+{ord(odd[0]):04X} at position {odd.start()}; "
            "give plain text in UTF-8"
        )
    if not sentence.strip():
        raise ValueError('the sentence is empty; give at least one word, "I am a student"')
    return sentence
