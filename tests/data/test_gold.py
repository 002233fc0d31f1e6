"""What a speaker of both languages wrote by hand, against what the grammar says."""

import pytest

from tracetf.data.grammar import pair
from tracetf.data.in_english import in_english

WRITTEN = dict(
    line.split(" | ")
    for line in """\
i am a student . | 나 ##는 학생 ##이다 .
he is a doctor . | 그 ##는 의사 ##다 .
a poet is an actor . | 시인 ##이 배우 ##다 .
we are students . | 우리 ##는 학생 ##이다 .
she is not a doctor . | 그녀 ##는 의사 ##가 아니 ##다 .
they are not children . | 그들 ##은 아이 ##가 아니 ##다 .
the doctor was a poet . | 의사 ##는 시인 ##이었 ##다 .
i was a nurse . | 나 ##는 간호사 ##였 ##다 .
you will be an owner . | 너 ##는 주인 ##일 것 ##이다 .
she will not be a friend . | 그녀 ##는 친구 ##가 아닐 것 ##이다 .
is he a teacher ? | 그 ##는 선생님 ##이니 ?
are you a doctor ? | 너 ##는 의사 ##니 ?
were they not soldiers ? | 그들 ##은 군인 ##이 아니었 ##니 ?
will a child be an artist ? | 아이 ##가 화가 ##일 것 ##이니 ?
who is an adult ? | 누가 어른 ##이니 ?
the student is tired . | 학생 ##은 피곤하 ##다 .
a nurse was busy . | 간호사 ##가 바빴 ##다 .
i am not happy . | 나 ##는 행복하 ##지 않 ##다 .
was the owner not hungry ? | 주인 ##은 배고프 ##지 않았 ##니 ?
will you be sick ? | 너 ##는 아플 것 ##이니 ?
we will not be kind . | 우리 ##는 친절하 ##지 않을 것 ##이다 .
i go home . | 나 ##는 집 ##에 간 ##다 .
an adult goes to school . | 어른 ##이 학교 ##에 간 ##다 .
he came to the market . | 그 ##는 시장 ##에 왔 ##다 .
does the soldier come home ? | 군인 ##은 집 ##에 오 ##니 ?
the friend will not go to the library . | 친구 ##는 도서관 ##에 가 ##지 않을 것 ##이다 .
where do you go ? | 너 ##는 어디 ##에 가 ##니 ?
where did a teacher go ? | 선생님 ##이 어디 ##에 갔 ##니 ?
who went to the company ? | 누가 회사 ##에 갔 ##니 ?
the poet likes an actor . | 시인 ##은 배우 ##를 좋아한 ##다 .
a poet likes an actor . | 시인 ##이 배우 ##를 좋아한 ##다 .
an actor likes a poet . | 배우 ##가 시인 ##을 좋아한 ##다 .
who eats an apple ? | 누가 사과 ##를 먹 ##니 ?
what does the child drink ? | 아이 ##는 무엇 ##을 마시 ##니 ?
what will you not buy ? | 너 ##는 무엇 ##을 사 ##지 않을 것 ##이니 ?
who do they meet ? | 그들 ##은 누구 ##를 만나 ##니 ?
i sell water . | 나 ##는 물 ##을 판 ##다 .
do you sell bread ? | 너 ##는 빵 ##을 파 ##니 ?
she will sell a car . | 그녀 ##는 차 ##를 팔 것 ##이다 .
does she make a bag ? | 그녀 ##는 가방 ##을 만드 ##니 ?
an artist made a hat . | 화가 ##가 모자 ##를 만들었 ##다 .
he does not write an essay . | 그 ##는 수필 ##을 쓰 ##지 않는 ##다 .
did the poet not find a book ? | 시인 ##은 책 ##을 찾 ##지 않았 ##니 ?
they saw a picture . | 그들 ##은 그림 ##을 봤 ##다 .
do you not eat rice ? | 너 ##는 밥 ##을 먹 ##지 않 ##니 ?
the teacher buys a red hat today . | 선생님 ##은 오늘 빨간 모자 ##를 산 ##다 .
i drink coffee every day . | 나 ##는 매일 커피 ##를 마신 ##다 .
where will he go tomorrow ? | 그 ##는 내일 어디 ##에 갈 것 ##이니 ?
i did not eat old bread yesterday . | 나 ##는 어제 오래된 빵 ##을 먹 ##지 않았 ##다 .
does a student see a small umbrella now ? | 학생 ##이 지금 작은 우산 ##을 보 ##니 ?
an owner sells a new umbrella . | 주인 ##이 새 우산 ##을 판 ##다 .
who finds a big bag ? | 누가 큰 가방 ##을 찾 ##니 ?""".splitlines()
)

# for every Korean piece, the places of the English words behind it; - for none
ALIGNED = {
    "i am a student .": "0 - 3 1,4 4",
    "we are students .": "0 - 2 1,3 3",
    "you will be an owner .": "0 - 4 2,1 1 1,5 5",
    "she is not a doctor .": "0 - 4 2 2,1 5 5",
    "the student is tired .": "1 0 3,2 4 4",
    "was the owner not hungry ?": "2 1 4,3 3 3,0 5 5",
    "i go home .": "0 - 2 2 1 3 3",
    "an adult goes to school .": "1 0 4 3 2 5 5",
    "the friend will not go to the library .": "1 0 7 5 4,3 3 3,2 2 2,8 8",
    "where do you go ?": "2 - 0 0 3,1 4 4",
    "the poet likes an actor .": "1 0 4 - 2 5 5",
    "who eats an apple ?": "0 3 - 1 4 4",
    "who do they meet ?": "2 - 0 - 3,1 4 4",
    "do you not eat rice ?": "1 - 4 - 3,2 2 2,0 5 5",
    "the teacher buys a red hat today .": "1 0 6 4 5 - 2 7 7",
    "i drink coffee every day .": "0 - 3,4 2 - 1 5 5",
}


@pytest.fixture(scope="module")
def said(full):
    """Every sentence of the full grammar that stands in the table."""
    spoken = ((" ".join(word for word, _ in in_english(clause)), clause) for clause in full)
    return {sentence: pair(clause) for sentence, clause in spoken if sentence in WRITTEN}


@pytest.mark.parametrize("sentence", WRITTEN)
def test_the_grammar_says_what_a_speaker_wrote(said, sentence):
    assert " ".join(said[sentence].target) == WRITTEN[sentence]


@pytest.mark.parametrize("sentence", ALIGNED)
def test_the_alignment_is_what_a_speaker_drew(said, sentence):
    drawn = [",".join(map(str, places)) or "-" for places in said[sentence].alignment]
    assert " ".join(drawn) == ALIGNED[sentence]
