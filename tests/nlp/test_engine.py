"""The engine's contract: loading, describing itself, one plain result for each text in order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import spacy
from spacy.language import Language

from kundenecho.errors import SettingsError
from kundenecho.records import digest_json
from nlp.engine import Engine, Text, load_engine
from nlp.pipeline import COMPONENTS
from nlp.tokenizer import TOKENIZER


def test_an_unknown_engine_is_named_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="kundenecho, textblob-de"):
        load_engine("vader")


def test_a_missing_model_is_a_clear_error() -> None:
    with pytest.raises(SettingsError, match="de_core_news_none"):
        load_engine(model="de_core_news_none")


def test_a_model_of_another_language_is_refused(tmp_path: Path) -> None:
    spacy.blank("en").to_disk(tmp_path / "english")
    with pytest.raises(SettingsError, match="not German"):
        load_engine(model=str(tmp_path / "english"))


def test_a_saved_german_pipeline_is_the_base_and_changes_the_lineage(tmp_path: Path, engine: Engine) -> None:
    base = spacy.blank("de")
    base.add_pipe("sentencizer")
    base.to_disk(tmp_path / "german")
    other = load_engine(model=str(tmp_path / "german"))
    result = next(other.analyse([Text("Leider ist die Kurbel abgebrochen.")]))
    assert [(m.component, m.defect) for m in result.mentions] == [("Kurbel", "breakage")]
    assert "sentencizer" in other.describe()["components"]
    assert digest_json(other.describe()) != digest_json(engine.describe())


def test_components_are_versioned_factories_in_an_order_that_holds() -> None:
    assert all(Language.has_factory(name) for name in COMPONENTS)
    assert all(re.fullmatch(r"kundenecho_[a-z]+_v\d+", name) for name in COMPONENTS)
    assigned: set[str] = set()
    for name in COMPONENTS:
        meta = Language.get_factory_meta(name)
        assert set(meta.requires) <= assigned, f"{name} requires what nothing before it assigns"
        assert meta.assigns, f"{name} declares nothing"
        assigned |= set(meta.assigns)


def test_two_loads_describe_themselves_alike() -> None:
    first, second = load_engine().describe(), load_engine().describe()
    assert digest_json(first) == digest_json(second)
    assert json.loads(json.dumps(first)) == first
    assert {"engine", "version", "code", "data", "spacy", "pipeline", "settings"} <= first.keys()
    assert "defects.toml" in first["data"]


def test_texts_are_taken_lazily_and_answered_in_order(engine: Engine) -> None:
    taken = 0

    def endless() -> Iterator[Text]:
        nonlocal taken
        while True:
            taken += 1
            yield Text("Super!" if taken % 2 else "Leider kaputt.")

    results = engine.analyse(endless())
    labels = [result.sentiment.label for result in (next(results) for _ in range(300)) if result.sentiment]
    assert labels == ["positive", "negative"] * 150
    assert taken < 600


def test_the_same_text_gives_the_same_answer_wherever_it_stands(engine: Engine) -> None:
    texts = [Text("Die Kurbel klemmt."), Text("Alles super, gerne wieder."), Text("Die Kurbel klemmt.", title="Na ja")]
    together = list(engine.analyse(texts))
    alone = [next(engine.analyse([text])) for text in texts]
    assert together == alone


@pytest.mark.parametrize("text", [Text(None), Text(""), Text("  \n "), Text(None, title="")])
def test_nothing_to_read_gives_no_sentiment(engine: Engine, text: Text) -> None:
    result = next(engine.analyse([text]))
    assert (result.language, result.sentiment, result.mentions) == ("und", None, [])


def test_results_are_the_same_with_and_without_spacy_docs(tmp_path: Path, engine: Engine) -> None:
    spacy.blank("de", config={"nlp": {"tokenizer": {"@tokenizers": TOKENIZER}}}).to_disk(tmp_path / "german")
    texts = [
        Text(
            "Die Kanne tropft,  danke an Frau Anna Huber.\nSonst sehr schön!! Läuft nicht aus.", "Toll, aber", "Kanne"
        ),
        Text("This is a very good product, I like it"),
        Text("gutAber leider kaputt. 0,5 Liter! :-) 👍👍"),
        Text("\u200b"),
        Text(None, "Nur ein Titel"),
    ]
    assert list(load_engine(model=str(tmp_path / "german")).analyse(texts)) == list(engine.analyse(texts))
