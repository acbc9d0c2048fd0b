"""Label sets of one's own: reading the scheme and its lines, training, analysing, scoring."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.main import cli
from kundenecho.errors import DataError, SettingsError
from kundenecho.settings import load_settings
from nlp.engine import load_engine
from nlp.scheme import Scheme, SchemeMention, SchemeText, read_scheme, read_scheme_gold, scheme_from_json
from nlp.scheme_features import pieces
from nlp.scheme_model import FILE, SchemeModel, read_scheme_model
from nlp.scheme_train import read_unlabelled, train_scheme
from nlp.train_texts import digest
from pipeline.analyse import analyse
from tests.conftest import ROOT

SHARED = ROOT.parent / "shared" / "data"
PLACES = ("am Waldrand", "in Birkenau", "beim alten Turm", "hinter der Schule", "an der Mühle", "im Tal")
THINGS = {"slide": ("Rutsche", "Wasserrutsche"), "bench": ("Bank", "Sitzbank"), "kiosk": ("Kiosk", "Eiskiosk")}
VERDICTS = {"good": ("ist wunderbar", "gefällt den Kindern"), "bad": ("ist morsch", "wurde beschmiert")}
TOML = """
name = "playground"
categories = ["slide", "bench", "kiosk", "swing"]
polarities = ["good", "bad"]
at_least_one = true
[gold]
text = "body"
mentions = "labels"
category = "what"
polarity = "how"
target = "words"
"""


def rows() -> list[dict[str, Any]]:
    found = []
    for (kind, names), (verdict, phrases), place in itertools.product(THINGS.items(), VERDICTS.items(), PLACES):
        for name, phrase in itertools.product(names, phrases):
            label = {"what": kind, "how": verdict, "words": name}
            found.append({"body": f"Die {name} {place} {phrase}, meint Oma.", "labels": [label]})
    for one, other in itertools.product(THINGS, THINGS):
        if one < other:
            text = f"{THINGS[one][0]} wunderbar, aber {THINGS[other][0]} morsch."
            mentions = [(one, "good", THINGS[one][0]), (other, "bad", THINGS[other][0])]
            found += [
                {"body": f"{text} Nr. {number}", "labels": [{"what": a, "how": b, "words": c} for a, b, c in mentions]}
                for number in range(4)
            ]
    return found


def write(path: Path, lines: list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


def run(*args: object) -> Result:
    return CliRunner().invoke(cli, [str(arg) for arg in args])


@pytest.fixture(scope="module")
def scheme_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scheme") / "playground.toml"
    path.write_text(TOML, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def scheme(scheme_file: Path) -> Scheme:
    return read_scheme(scheme_file)


@pytest.fixture(scope="module")
def trained(scheme_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("trained")
    gold = write(base / "gold.jsonl", rows())
    write(base / "data" / "more.jsonl", [{"text": "x"}, {"text": "Die Schaukel quietscht.", "title": "Park"}])
    done = run("train", "--scheme", scheme_file, "--gold", gold, "--data", base / "data", "--out", base / "model")
    assert done.exit_code == 0, done.output
    assert f"{len(rows())} annotated and 2 other texts" in done.output
    return base / "model"


@pytest.fixture(scope="module")
def model(trained: Path) -> SchemeModel:
    return read_scheme_model(trained)


def test_a_scheme_is_read_from_toml_and_from_json(scheme: Scheme, tmp_path: Path) -> None:
    assert (scheme.name, scheme.categories, scheme.target) == (
        "playground",
        ("slide", "bench", "kiosk", "swing"),
        "words",
    )
    file = tmp_path / "short.json"
    file.write_text('{"categories": ["a"], "polarities": ["p"]}', encoding="utf-8")
    assert read_scheme(file) == Scheme("short", ("a",), ("p",))
    assert scheme_from_json(scheme.to_json()) == scheme


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ('categories = ["a"', "neither TOML nor"),
        ('polarities = ["p"]', "categories is no list"),
        ('categories = ["a", "a"]\npolarities = ["p"]', "names one label twice"),
        ('categories = ["a"]\npolarities = [1]', "polarities is no list"),
        ('categories = ["a"]\npolarities = ["p"]\ncolour = 1', "unknown key 'colour'"),
        ('categories = ["a"]\npolarities = ["p"]\n[gold]\ncolour = "x"', "unknown field 'colour'"),
        ('categories = ["a"]\npolarities = ["p"]\ngold = 3', "gold is no table"),
        ('categories = ["a"]\npolarities = ["p"]\nat_least_one = 1', "neither true nor false"),
    ],
)
def test_a_broken_scheme_is_one_clear_error(content: str, fault: str, tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=fault) as caught:
        read_scheme(file)
    assert (caught.value.where, caught.value.remedy) == (str(file), "See docs/schemes.md")
    with pytest.raises(SettingsError, match="cannot be read"):
        read_scheme(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("no json", "not readable"),
        ("[]", "no JSON object"),
        ('{"labels": []}', "the text \\(body\\) is missing"),
        ('{"body": "x", "labels": [1]}', "labels is no list of objects"),
        ('{"body": "x", "labels": [{"what": "moon", "how": "bad"}]}', 'what "moon" is not in the scheme'),
        ('{"body": "x", "labels": [{"what": "slide", "how": null}]}', "how null is not in the scheme"),
        ('{"body": "x", "labels": [{"what": "slide", "how": "bad", "words": 3}]}', "words is neither text nor null"),
    ],
)
def test_a_line_that_does_not_fit_names_its_place(line: str, fault: str, scheme: Scheme, tmp_path: Path) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text(json.dumps(rows()[0]) + "\n\n" + line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=fault) as caught:
        read_scheme_gold(file, scheme)
    assert caught.value.where == f"{file}:3"


def test_a_gold_file_without_texts_is_refused(scheme: Scheme, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no texts"):
        read_scheme_gold(write(tmp_path / "gold.jsonl", []), scheme)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_scheme_gold(tmp_path / "none.jsonl", scheme)


def test_links_digits_and_hashtags_are_made_alike() -> None:
    text = "Gleis 19 #Aufzug: https://example.org/a?b !!!! 😡 @wer"
    assert [piece.form for piece in pieces(text)] == [
        "gleis", "00", "#", "aufzug", ":", "urlx", "!!", "😡", "@wer",
    ]  # fmt: skip
    assert [text[piece.start : piece.end] for piece in pieces(text)][3] == "Aufzug"


def test_mentions_carry_category_polarity_and_target(model: SchemeModel) -> None:
    text = "Die Riesenrutsche in Neudorf ist morsch, meint Opa."
    (said,) = model.say(text)
    assert (said.category, said.polarity) == ("slide", "bad")
    assert said.target is not None
    assert text[slice(*said.target)] == "Riesenrutsche"
    assert "morsch" in text[slice(*said.evidence)]
    assert 0 < said.confidence <= 1


def test_two_opinions_of_one_text_are_told_apart(model: SchemeModel) -> None:
    said = {(one.category, one.polarity) for one in model.say("Rutsche wunderbar, aber Bank morsch. Nr. 9")}
    assert said == {("slide", "good"), ("bench", "bad")}


def test_at_least_one_is_said_where_the_scheme_wants_it(model: SchemeModel) -> None:
    assert len(model.say("Nichts dergleichen steht hier.")) == 1
    assert model.say("") == model.say(" \n ") == []


@given(st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_offsets_stay_inside_any_text(model: SchemeModel, text: str) -> None:
    for said in model.say(text):
        assert 0 <= said.evidence[0] < said.evidence[1] <= len(text)
        assert said.target is None or said.evidence[0] <= said.target[0] < said.target[1] <= said.evidence[1]


def test_the_same_texts_give_the_same_arrays_and_no_readable_word(scheme: Scheme, trained: Path) -> None:
    texts = read_scheme_gold(trained.parent / "gold.jsonl", scheme)
    unlabelled = read_unlabelled(trained.parent / "data", scheme)
    again = train_scheme(texts, scheme, unlabelled)
    with np.load(trained / FILE, allow_pickle=False) as arrays:
        assert all(np.array_equal(arrays[name], again[name]) for name in arrays.files)
        assert sorted(name for name in arrays.files if arrays[name].dtype.kind == "U") == ["scheme", "seen"]
        assert set(arrays["seen"].tolist()) == {digest(text.text) for text in texts} | set(map(digest, unlabelled))


def test_annotated_lines_teach_no_vectors(scheme: Scheme, tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [*rows()[:2], {"text": "Frei."}, {"body": "Anders."}, 3])
    assert read_unlabelled(tmp_path, scheme) == ["Frei."]
    (tmp_path / "b.jsonl").write_text("no json\n", encoding="utf-8")
    with pytest.raises(DataError, match="not readable") as caught:
        read_unlabelled(tmp_path, scheme)
    assert caught.value.where.endswith("b.jsonl:1")


def test_a_scheme_without_targets_polarities_or_several_categories_trains() -> None:
    texts = [SchemeText(f"Sache {number} klappt", (SchemeMention("a", "p", None),)) for number in range(12)]
    model = SchemeModel(train_scheme(texts, Scheme("one", ("a",), ("p",))))
    (said,) = model.say("Sache klappt")
    assert (said.category, said.polarity, said.target) == ("a", "p", None)
    none = [SchemeText(f"Sache {number}", ()) for number in range(6)]
    assert SchemeModel(train_scheme(none, Scheme("none", ("a",), ("p", "q")))).say("Sache 3") == []


def test_without_scikit_learn_training_says_what_to_install(scheme: Scheme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(SettingsError, match="needs scikit-learn"):
        train_scheme([SchemeText("Die Bank ist morsch", ())], scheme)


def test_analyse_answers_with_the_scheme(trained: Path, tmp_path: Path) -> None:
    lines = [
        {"id": "1", "title": "Rutsche morsch", "text": "Leider \ud800 wahr, und die Sitzbank ist wunderbar."},
        {"id": "2", "text": "Die Bank an der Mühle wurde beschmiert, meint Oma."},
        {"id": "3"},
    ]
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    done = run("analyse", "--input", source, "--output", tmp_path / "out.jsonl", "--model", trained)
    assert "2 von 3 Zeilen" in done.output
    answers = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert answers[2]["error"] == "the text is missing"
    for answer, line in zip(answers[:2], lines, strict=False):
        assert answer["sentiment"]["label"] in ("positive", "mixed", "negative")
        for mention in answer["mentions"]:
            assert list(mention) == [
                "field", "category", "target", "start", "end", "polarity", "evidence", "confidence",
            ]  # fmt: skip
            field = line[mention["field"]]
            assert field[mention["start"] : mention["end"]] == mention["target"]
            assert mention["evidence"][1] <= len(field)
    assert [(m["category"], m["polarity"], m["target"]) for m in answers[1]["mentions"]] == [("bench", "bad", "Bank")]
    assert {(m["field"], m["category"]) for m in answers[0]["mentions"]} >= {("title", "slide")}


def test_the_model_decides_the_lineage(trained: Path) -> None:
    described = load_engine("kundenecho", str(trained)).describe()
    assert described["scheme"]["name"] == "playground"
    assert described != load_engine().describe()


def test_a_broken_model_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no zip")
    with pytest.raises(SettingsError, match="kundenecho train --scheme"):
        load_engine("kundenecho", str(tmp_path))


def test_analysing_imports_no_training_library(trained: Path) -> None:
    program = (
        "import sys; from nlp.engine import load_engine, Text; "
        f"list(load_engine('kundenecho', {str(trained)!r}).analyse([Text('Die Bank ist morsch.')])); "
        "assert not {'sklearn', 'scipy.sparse', 'joblib', 'nlp.train'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_evaluate_scores_what_the_model_did_not_see(trained: Path, scheme_file: Path, tmp_path: Path) -> None:
    fresh = [
        {"body": "Die Rutsche in Neudorf ist morsch.", "labels": [{"what": "slide", "how": "bad"}]},
        {"body": "Der Kiosk nebenan ist wunderbar.", "labels": [{"what": "kiosk", "how": "good"}]},
        {"body": "Die Bank drüben ist wunderbar.", "labels": [{"what": "bench", "how": "bad"}]},
    ]
    gold = write(tmp_path / "gold.jsonl", [*fresh, *rows()[:5]])
    done = run("evaluate", gold, "--scheme", scheme_file, "--model", trained, "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.output)
    assert (report["texts"], report["left_out"]) == (3, 5)
    figures = report["figures"]
    assert figures["pairs_micro_f1"]["value"] == pytest.approx(2 / 3)
    assert figures["pairs_micro_f1"]["low"] <= 2 / 3 <= figures["pairs_micro_f1"]["high"]
    assert figures["categories_micro_f1"]["value"] == 1
    assert report["labels"]["pairs"]["bench good"] == {"precision": 0, "recall": None, "f1": 0, "gold": 0}
    shown = run("evaluate", gold, "--scheme", scheme_file, "--model", trained).output
    assert "Kategorie + Polarität, Mikro-F1" in shown
    assert "5 Texte ausgelassen" in shown
    assert "0,667" in shown


def test_evaluate_refuses_other_labels_and_seen_texts(trained: Path, scheme_file: Path, tmp_path: Path) -> None:
    gold = write(tmp_path / "gold.jsonl", rows()[:5])
    done = run("evaluate", gold, "--scheme", scheme_file, "--model", trained)
    assert isinstance(done.exception, DataError)
    other = tmp_path / "other.toml"
    other.write_text(TOML.replace('"swing"', '"sandpit"'), encoding="utf-8")
    done = run("evaluate", gold, "--scheme", other, "--model", trained)
    assert isinstance(done.exception, SettingsError)
    assert run("evaluate", gold, "--scheme", scheme_file).exit_code == 2
    assert run("evaluate", gold, "--scheme", scheme_file, "--model", trained, "--signals").exit_code == 2
    train = ("train", "--scheme", scheme_file, "--gold", gold, "--texts", gold, "--out", tmp_path / "x")
    assert run(*train).exit_code == 2


def test_unlikely_texts_get_nothing_without_at_least_one(scheme: Scheme, trained: Path) -> None:
    with np.load(trained / FILE, allow_pickle=False) as arrays:
        values = {name: arrays[name] for name in arrays.files}
    free = json.loads(str(values["scheme"])) | {"at_least_one": False}
    model = SchemeModel({**values, "scheme": np.array(json.dumps(free)), "threshold": np.array(0.99999)})
    assert model.say("Nichts dergleichen steht hier.") == []


def test_the_shipped_schemes_can_be_read() -> None:
    files = sorted((ROOT / "training" / "schemes").glob("*.toml"))
    assert [read_scheme(file).name for file in files] == [file.stem for file in files] != []


@pytest.mark.heavy
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not (SHARED / "mobasa_train.jsonl").exists(), reason="the shared data are not here")
def test_a_third_of_mobasa_comes_near_what_all_of_it_gives(tmp_path: Path) -> None:
    scheme = ROOT / "training" / "schemes" / "mobasa.toml"
    # A third of the texts trains in seconds; with all of them, and word vectors, docs/schemes.md has the figure.
    lines = (SHARED / "mobasa_train.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "third.jsonl").write_text("".join(lines[::3]), encoding="utf-8")
    done = run("train", "--scheme", scheme, "--gold", tmp_path / "third.jsonl", "--out", tmp_path)
    assert done.exit_code == 0, done.output
    done = run("evaluate", SHARED / "mobasa_dev.jsonl", "--scheme", scheme, "--model", tmp_path, "--json")
    assert json.loads(done.output)["figures"]["pairs_micro_f1"]["value"] >= 0.76


def test_the_lists_refuse_a_model_with_other_labels(trained: Path) -> None:
    found = load_settings()
    with pytest.raises(SettingsError, match="this model has others"):
        analyse(replace(found, values={**found.values, "analysis.model": str(trained)}))
