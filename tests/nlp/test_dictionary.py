"""The stored dictionary says what simplemma says."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import simplemma
from hypothesis import given
from hypothesis import strategies as st
from simplemma.strategies.dictionaries import DEFAULT_DICTIONARY_FACTORY

from nlp import dictionary
from nlp.dictionary import FILE, is_known, lemmatize, read_dictionary, store, write_dictionary

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1, max_size=20)


@given(lemmas=st.dictionaries(words, words), others=st.lists(words))
def test_what_was_written_is_read(lemmas: dict[str, str], others: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lemmas.npz"
        write_dictionary(lemmas, path)
        found = read_dictionary(path)
    assert len(found) == len(lemmas)
    for word in [*lemmas, *others]:
        assert found.get(word) == lemmas.get(word)


def test_a_word_that_is_not_there(tmp_path: Path) -> None:
    write_dictionary({"Häuser": "Haus"}, tmp_path / "lemmas.npz")
    found = read_dictionary(tmp_path / "lemmas.npz")
    assert found["Häuser"] == "Haus"
    assert "Hause" not in found
    with pytest.raises(KeyError):
        found["Hause"]


@pytest.mark.skipif(not FILE.is_file(), reason="make setup has not stored the dictionary")
def test_the_stored_dictionary_is_that_of_simplemma() -> None:
    theirs = list(DEFAULT_DICTIONARY_FACTORY.get_dictionary("de").items())
    ours = read_dictionary(FILE)
    assert len(ours) == len(theirs)
    assert all(ours.get(word) == lemma for word, lemma in theirs[::50])


def test_it_is_stored_once_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = SimpleNamespace(get_dictionary=lambda lang: {"Häuser": "Haus"})
    monkeypatch.setattr("nlp.dictionary.DEFAULT_DICTIONARY_FACTORY", small)
    file = tmp_path / "share" / "lemmas.npz"
    store(file)
    assert read_dictionary(file)["Häuser"] == "Haus"
    file.write_bytes(b"as it is")
    store(file)
    assert [(path, path.read_bytes()) for path in file.parent.iterdir()] == [(file, b"as it is")]


@pytest.fixture(params=["stored", "not stored"])
def _either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    if request.param == "not stored":
        monkeypatch.setattr("nlp.dictionary.FILE", tmp_path / "none.npz")
    dictionary._strategies.cache_clear()
    yield
    dictionary._strategies.cache_clear()


@pytest.mark.parametrize(
    "word",
    ["Häuser", "häuser", "Hauses", "HÄUSER", "Auslaufdüsen", "Quetschwuffels", "verstopften", "Preis-Leistung", "läuft's",
     "schönstes", "u\u0308ber", "x"],
)  # fmt: skip
@pytest.mark.usefixtures("_either")
def test_words_known_and_unknown_are_led_to_the_same_lemma(word: str) -> None:
    assert lemmatize(word) == simplemma.lemmatize(word, lang="de")
    assert is_known(word) == simplemma.is_known(word, lang="de")
