"""Every word of the grammar, in both languages."""

from typing import Literal, NamedTuple

Tense = Literal["present", "past", "future"]
NounKind = Literal["person", "fruit", "food", "drink", "text", "object", "place", "asked"]


class Subject(NamedTuple):
    """Name who a sentence is about.

    Args:
        english: the noun or pronoun.
        korean: its translation, without a particle.
        article: `the`, `a` or `an`; nothing before a pronoun.
        is_: the present of *to be* that agrees with it.
        was: the past of *to be* that agrees with it.
    """

    english: str
    korean: str
    article: str = ""
    is_: str = "is"
    was: str = "was"

    @property
    def third(self) -> bool:
        return self.is_ == "is"

    @property
    def plural(self) -> bool:
        return self.english in ("we", "they")


class Noun(NamedTuple):
    """Name what follows the verb: a person, a thing, a place, or the word that asks for one.

    Args:
        english: the noun.
        korean: its translation, without a particle.
        kind: what it is; verbs and attributes choose by it.
        lead: the words before it; `a` becomes `an` where it must, a mass noun has none.
        plural: its plural, for those that can be said of `we` and `they`.
    """

    english: str
    korean: str
    kind: NounKind
    lead: str = "a"
    plural: str = ""


class Stems(NamedTuple):
    """List the forms of a Korean predicate to which an ending is only ever appended."""

    present: str
    past: str
    base: str
    question: str
    future: str


class Verb(NamedTuple):
    """Name a verb, its English forms, its Korean stems and the nouns (or kinds of nouns) it takes."""

    english: str
    third: str
    past: str
    stems: Stems
    takes: tuple[str, ...]


class Adjective(NamedTuple):
    """Name an adjective that can be a whole predicate."""

    english: str
    stems: Stems


class Attribute(NamedTuple):
    """Name an adjective that stands before a noun, and the kinds of things it fits."""

    english: str
    korean: str
    fits: tuple[NounKind, ...]


class Adverb(NamedTuple):
    """Name an adverb of time and the tenses it goes with."""

    english: str
    korean: str
    tenses: tuple[Tense, ...]


def article(word: str) -> str:
    """Choose `a` or `an` by the first letter, which is enough for the words of this grammar."""
    return "an" if word[0] in "aeiou" else "a"


PRONOUNS = (
    Subject("i", "나", is_="am"),
    Subject("you", "너", is_="are", was="were"),
    Subject("he", "그"),
    Subject("she", "그녀"),
    Subject("we", "우리", is_="are", was="were"),
    Subject("they", "그들", is_="are", was="were"),
)

# balanced over a/an and over nouns with and without a final consonant (받침)
PEOPLE = (
    Noun("student", "학생", "person", plural="students"),
    Noun("teacher", "선생님", "person", plural="teachers"),
    Noun("poet", "시인", "person", plural="poets"),
    Noun("soldier", "군인", "person", plural="soldiers"),
    Noun("adult", "어른", "person", plural="adults"),
    Noun("owner", "주인", "person", plural="owners"),
    Noun("doctor", "의사", "person", plural="doctors"),
    Noun("nurse", "간호사", "person", plural="nurses"),
    Noun("friend", "친구", "person", plural="friends"),
    Noun("child", "아이", "person", plural="children"),
    Noun("artist", "화가", "person", plural="artists"),
    Noun("actor", "배우", "person", plural="actors"),
)

DEFINITE = tuple(Subject(noun.english, noun.korean, "the") for noun in PEOPLE)
INDEFINITE = tuple(Subject(noun.english, noun.korean, article(noun.english)) for noun in PEOPLE)
SUBJECTS = (*PRONOUNS, *DEFINITE, *INDEFINITE)

THINGS = (
    Noun("apple", "사과", "fruit"),
    Noun("banana", "바나나", "fruit"),
    Noun("orange", "오렌지", "fruit"),
    Noun("egg", "달걀", "food"),
    Noun("bread", "빵", "food", lead=""),
    Noun("rice", "밥", "food", lead=""),
    Noun("meat", "고기", "food", lead=""),
    Noun("water", "물", "drink", lead=""),
    Noun("milk", "우유", "drink", lead=""),
    Noun("coffee", "커피", "drink", lead=""),
    Noun("juice", "주스", "drink", lead=""),
    Noun("letter", "편지", "text"),
    Noun("book", "책", "text"),
    Noun("poem", "시", "text"),
    Noun("essay", "수필", "text"),
    Noun("car", "차", "object"),
    Noun("umbrella", "우산", "object"),
    Noun("bag", "가방", "object"),
    Noun("hat", "모자", "object"),
    Noun("picture", "그림", "object"),
)

PLACES = (
    Noun("home", "집", "place", lead=""),
    Noun("school", "학교", "place", lead="to"),
    Noun("hospital", "병원", "place", lead="to the"),
    Noun("market", "시장", "place", lead="to the"),
    Noun("library", "도서관", "place", lead="to the"),
    Noun("company", "회사", "place", lead="to the"),
)

WHO = Subject("who", "누가")
WHAT = Noun("what", "무엇", "asked", lead="")
WHOM = Noun("who", "누구", "asked", lead="")
WHERE = Noun("where", "어디", "asked", lead="")

VERBS = (
    Verb("eat", "eats", "ate", Stems("먹는", "먹었", "먹", "먹", "먹을"), ("fruit", "food")),
    Verb("drink", "drinks", "drank", Stems("마신", "마셨", "마시", "마시", "마실"), ("drink",)),
    Verb("write", "writes", "wrote", Stems("쓴", "썼", "쓰", "쓰", "쓸"), ("text",)),
    Verb(
        "buy", "buys", "bought", Stems("산", "샀", "사", "사", "살"),
        ("fruit", "food", "drink", "book", "object"),
    ),
    Verb("see", "sees", "saw", Stems("본", "봤", "보", "보", "볼"), ("person", "fruit", "object")),
    Verb(
        "like", "likes", "liked", Stems("좋아한", "좋아했", "좋아하", "좋아하", "좋아할"),
        ("person", "fruit", "food", "drink", "text", "object"),
    ),
    Verb("find", "finds", "found", Stems("찾는", "찾았", "찾", "찾", "찾을"), ("text", "object")),
    Verb(
        "sell", "sells", "sold", Stems("판", "팔았", "팔", "파", "팔"),
        ("fruit", "food", "drink", "book", "object"),
    ),
    Verb(
        "make", "makes", "made", Stems("만든", "만들었", "만들", "만드", "만들"),
        ("bread", "coffee", "juice", "car", "umbrella", "bag", "hat"),
    ),
    Verb("meet", "meets", "met", Stems("만난", "만났", "만나", "만나", "만날"), ("person",)),
    Verb("go", "goes", "went", Stems("간", "갔", "가", "가", "갈"), ("place",)),
    Verb("come", "comes", "came", Stems("온", "왔", "오", "오", "올"), ("place",)),
)  # fmt: skip

ADJECTIVES = (
    Adjective("happy", Stems("행복하", "행복했", "행복하", "행복하", "행복할")),
    Adjective("busy", Stems("바쁘", "바빴", "바쁘", "바쁘", "바쁠")),
    Adjective("sick", Stems("아프", "아팠", "아프", "아프", "아플")),
    Adjective("tired", Stems("피곤하", "피곤했", "피곤하", "피곤하", "피곤할")),
    Adjective("hungry", Stems("배고프", "배고팠", "배고프", "배고프", "배고플")),
    Adjective("kind", Stems("친절하", "친절했", "친절하", "친절하", "친절할")),
)

ATTRIBUTES = (
    Attribute("big", "큰", ("fruit", "object")),
    Attribute("small", "작은", ("fruit", "object")),
    Attribute("new", "새", ("text", "object")),
    Attribute("red", "빨간", ("object",)),
    Attribute("old", "오래된", ("fruit", "food", "text", "object")),
)

ADVERBS = (
    Adverb("today", "오늘", ("present", "past", "future")),
    Adverb("now", "지금", ("present",)),
    Adverb("yesterday", "어제", ("past",)),
    Adverb("tomorrow", "내일", ("future",)),
    Adverb("every day", "매일", ("present", "past", "future")),
)
