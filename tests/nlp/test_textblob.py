"""The textblob-de engine: the contract of an engine, and what textblob-de is known to say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kundenecho.analysis import SENTIMENTS, Sentiment
from kundenecho.errors import SettingsError
from kundenecho.records import digest_json
from nlp import textblob_engine
from nlp.engine import Text, load_engine
from nlp.textblob_engine import TextblobEngine, pieces, verdict

ENGINE = TextblobEngine()


@pytest.fixture(scope="module")
def engine() -> TextblobEngine:
    return ENGINE


def test_it_is_chosen_by_name_and_takes_no_model() -> None:
    assert isinstance(load_engine("textblob-de"), TextblobEngine)
    with pytest.raises(SettingsError, match="model"):
        load_engine("textblob-de", "de_core_news_sm")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Das ist wirklich sehr gut und schön.", "positive"),
        ("Das ist leider sehr schlecht.", "negative"),
        ("Am Dienstag kam das Paket.", "mixed"),
    ],
)
def test_the_sign_of_the_polarity_is_the_label(engine: TextblobEngine, text: str, label: str) -> None:
    (analysis,) = engine.analyse([Text(text)])
    assert analysis.language == "de"
    assert analysis.sentiment is not None
    assert analysis.sentiment.label == label
    assert analysis.abstained is (label == "mixed")


def test_it_says_nothing_but_sentiment(engine: TextblobEngine) -> None:
    (analysis,) = engine.analyse([Text("Sehr gut, ich empfehle es weiter und kaufe es immer wieder.")])
    assert (analysis.recommend, analysis.loyalty, analysis.mentions) == ("none", "none", [])


@pytest.mark.parametrize(
    ("polarity", "expected"),
    [
        (1.0, Sentiment("positive", 1.0, 1.0)),
        (-0.5, Sentiment("negative", -0.5, 0.6667)),
        (0.0, Sentiment("mixed", 0.0, 0.3333)),
        (0.01, Sentiment("positive", 0.01, 0.34)),
    ],
)
def test_verdict_of_a_polarity(polarity: float, expected: Sentiment) -> None:
    assert verdict(polarity) == expected


def test_the_title_counts_too(engine: TextblobEngine) -> None:
    (analysis,) = engine.analyse([Text("", title="Sehr schlecht")])
    assert analysis.sentiment is not None
    assert analysis.sentiment.label == "negative"


def test_other_languages_and_empty_texts_have_no_sentiment(engine: TextblobEngine) -> None:
    english, empty, nothing = engine.analyse(
        [Text("This is the best thing that we have bought for the house."), Text(" "), Text(None)]
    )
    assert english.language == "en"
    assert (english.sentiment, empty.sentiment, nothing.sentiment) == (None, None, None)


def test_only_emoji_get_an_answer(engine: TextblobEngine) -> None:
    (analysis,) = engine.analyse([Text("👍👍")])
    assert analysis.sentiment is not None
    assert analysis.abstained


def test_it_is_lazy_and_keeps_the_order(engine: TextblobEngine) -> None:
    read = 0

    def texts() -> list[Text]:
        nonlocal read
        read += 1
        return [Text("Sehr gut."), Text("Sehr schlecht.")]

    results = engine.analyse(text for _ in range(1000) for text in texts())
    labels = [result.sentiment.label for result in (next(results), next(results)) if result.sentiment]
    assert labels == ["positive", "negative"]
    assert read == 1


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_gets_an_analysis(text: str) -> None:
    (analysis,) = ENGINE.analyse([Text(text, title=text[:5])])
    if analysis.sentiment:
        assert analysis.sentiment.label in SENTIMENTS
        assert -1 <= analysis.sentiment.score <= 1
        assert 1 / 3 - 0.001 <= analysis.sentiment.confidence <= 1


def test_nul_and_surrogates_are_harmless(engine: TextblobEngine) -> None:
    broken, whole = engine.analyse([Text("Sehr gut\x00 \ud800."), Text("Sehr gut.")])
    assert broken.sentiment is not None
    assert whole.sentiment is not None
    assert broken.sentiment.label == whole.sentiment.label


def test_the_lineage_is_stable_and_names_the_versions(engine: TextblobEngine) -> None:
    description = engine.describe()
    assert description["engine"] == "textblob-de"
    assert description["textblob_de"] == "0.4.3"
    assert digest_json(description) == digest_json(TextblobEngine().describe())


def test_another_threshold_is_another_lineage(engine: TextblobEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest_json(engine.describe())
    monkeypatch.setattr(textblob_engine, "THRESHOLD", 0.1)
    assert digest_json(engine.describe()) != before


@given(st.text(alphabet="ab ", max_size=200))
def test_pieces_join_to_the_text_and_are_short(text: str) -> None:
    found = list(pieces(text, 16))
    assert "".join(found) == text
    assert all(len(piece) <= 16 for piece in found)


def test_pieces_end_at_a_space() -> None:
    assert list(pieces("sehr gut gemacht", 10)) == ["sehr gut ", "gemacht"]


@pytest.mark.timeout(60)  # given whole to textblob-de it takes minutes
def test_a_long_text_takes_time_in_proportion(engine: TextblobEngine) -> None:
    (analysis,) = engine.analyse([Text("sehr gut " * 22_000)])
    assert analysis.sentiment is not None
    assert analysis.sentiment.label == "positive"
