"""Training on a small made-up corpus: what is learned, what is left out, and that it is repeatable."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from cli.train import train as command
from kundenecho.errors import DataError, SettingsError
from nlp import evaluate as evaluation
from nlp.crossval import cross_validate, fold_numbers, subset, training_files
from nlp.engine import Engine, Text, load_engine
from nlp.features import LABELS, PAIRS
from nlp.pipeline import KundenechoEngine
from nlp.train import train, train_arrays, write_weights
from nlp.train_corpus import Corpus, read_corpus
from nlp.train_matrix import choose
from nlp.train_texts import FAIR, digest, read_labelled, read_stars, without
from nlp.weights import SHIPPED, Weights, read_weights

THINGS = ("Hebel", "Bügel", "Riegel", "Kolben", "Zapfen", "Rahmen", "Schlitten", "Federring")
#: A construction that no rule knows, so that only learning can find it.
UNKNOWN = "{} gnurpst vor sich hin"
PRAISE = ("wirkt rundum famos", "macht hier richtig was her", "erledigt alles mit Bravour")


def rows() -> list[dict[str, Any]]:
    found = []
    for number, (thing, praise) in enumerate(itertools.product(THINGS, PRAISE)):
        common = {"product": f"p{number % 8}", "category": f"c{number % 4}", "recommend": "none", "loyalty": "none"}
        bad = {"aspect": "quality", "polarity": "neg", "defect": "noise", "component": thing, "target": None}
        good = {"aspect": "function", "polarity": "pos", "defect": None, "component": None, "target": None}
        noise = "Der " + UNKNOWN.format(thing)
        found += [
            {
                "text": f"{noise}. Habe ihn seit {number} Tagen.",
                "sentiment": "negative",
                "mentions": [{**bad, "evidence": noise}],
                **common,
            },
            {
                "text": f"Der {thing} {praise}. Steht im Flur {number}.",
                "sentiment": "positive",
                "mentions": [{**good, "evidence": praise}],
                **common,
            },
            {"text": f"Der {thing} liegt im Keller {number}.", "sentiment": "mixed", "mentions": [], **common},
        ]
    return found


def stars() -> list[dict[str, Any]]:
    words = {1: "gnurpst furchtbar laut", 3: "liegt so herum", 5: "wirkt famos mit Bravour"}
    return [
        {"text": f"Der {thing} {words[rating]}, Nummer {number}.", "rating": rating, "product": f"p{number % 8}"}
        for number, (thing, rating) in enumerate(itertools.product(THINGS * 3, words))
    ]


def write(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("train")
    write(base / "gold" / "set.jsonl", rows())
    write(base / "data" / "one.jsonl", stars()[:36])
    write(base / "data" / "two.jsonl", stars()[36:])
    return base


@pytest.fixture(scope="module")
def corpus(folder: Path) -> Corpus:
    return read_corpus(read_labelled([folder / "gold" / "set.jsonl"], own=False), read_stars(folder / "data"))


@pytest.fixture(scope="module")
def weights(corpus: Corpus) -> Weights:
    return train(corpus, *everything(corpus))


def everything(corpus: Corpus) -> tuple[Any, Any]:
    return np.ones(len(corpus.labelled), np.bool_), np.ones(len(corpus.stars), np.bool_)


def said(weights: Weights | None, text: str) -> Any:
    engine = KundenechoEngine()
    engine.use(weights)
    return next(engine.analyse([Text(text)]))


def test_a_construction_that_no_rule_knows_is_learned_for_things_never_seen(weights: Weights) -> None:
    text = "Die Kartusche gnurpst vor sich hin, seit gestern."
    assert [m for m in said(None, text).mentions if m.defect] == []
    (mention,) = [m for m in said(weights, text).mentions if m.defect]
    assert (mention.defect, mention.aspect, mention.polarity) == ("noise", "quality", "neg")
    assert "gnurpst" in text[slice(*mention.evidence)]
    assert said(weights, text).sentiment.label == "negative"


def test_a_unlikely_mention_of_the_rules_goes(weights: Weights) -> None:
    text = "Der Hebel klemmt."
    assert "blockage" in {m.defect for m in said(None, text).mentions}
    assert "blockage" not in {m.defect for m in said(weights, text).mentions}, "blockage does not occur in training"


def test_clauses_get_the_labels_of_their_evidence(corpus: Corpus) -> None:
    first = corpus.truth[corpus.clauses.owner == 0]
    noise, pair = LABELS.index("noise"), PAIRS.index(("quality", "neg"))
    assert first[:, noise].tolist() == first[:, pair].tolist() == [True] + [False] * (len(first) - 1)


def test_features_of_one_kind_of_product_are_not_learned(corpus: Corpus) -> None:
    groups = [text.group for text in corpus.labelled]
    wide = choose(corpus.clauses, groups, texts=1, kinds=2)
    assert len(wide) < len(choose(corpus.clauses, groups, texts=1, kinds=1))
    assert len(choose(corpus.clauses, groups, texts=1, kinds=5)) == 0


def test_the_same_texts_give_the_same_file(corpus: Corpus, tmp_path: Path) -> None:
    one = write_weights(train_arrays(corpus, *everything(corpus)), tmp_path / "a")
    other = write_weights(train_arrays(corpus, *everything(corpus)), tmp_path / "b")
    assert one.read_bytes() == other.read_bytes()
    assert read_weights(one).seen == {digest(t.gold.text) for t in corpus.labelled} | {
        digest(s.text) for s in corpus.stars
    }


def test_what_is_held_back_is_seen_nowhere(corpus: Corpus) -> None:
    held = [text for text in corpus.labelled if text.gold.product == "p3"]
    labelled, rated = subset(corpus, held, "product")
    assert not any(used and text.gold.product == "p3" for text, used in zip(corpus.labelled, labelled, strict=True))
    assert not any(used and star.product == "p3" for star, used in zip(corpus.stars, rated, strict=True))
    assert labelled.sum() == len(corpus.labelled) - len(held)
    assert 0 < rated.sum() < len(corpus.stars)


def test_products_stay_whole_and_folds_even(corpus: Corpus) -> None:
    folds = fold_numbers(corpus.labelled, "product")
    by_product: dict[Any, set[int]] = {}
    for text, fold in zip(corpus.labelled, folds, strict=True):
        by_product.setdefault(text.gold.product, set()).add(fold)
    assert all(len(found) == 1 for found in by_product.values())
    assert max(map(folds.count, set(folds))) <= 2 * min(map(folds.count, set(folds)))
    assert set(fold_numbers(corpus.labelled, "file")) == {0}


def test_a_rated_text_that_is_annotated_is_left_out_with_and_without_its_title() -> None:
    from nlp.train_texts import StarText

    rated = [
        StarText("Titel\nText eins.", 2, None, "a"),
        StarText("Text zwei.", 2, "x", "a"),
        StarText("Drei.", 0, "y", "a"),
    ]
    assert without(rated, ["Text eins. "], ["x"]) == rated[2:]


def test_ratings_of_any_scale_become_four_kinds(tmp_path: Path) -> None:
    lines = [{"text": "a", "rating": r, "rating_max": 10} for r in (1, 6, 8, 10)] + [
        {"text": "b"},
        {"text": " ", "rating": 1},
    ]
    write(tmp_path / "x.jsonl", lines)
    assert [star.label for star in read_stars(tmp_path)] == [0, 1, FAIR, 2]
    with pytest.raises(DataError, match="no text with a rating"):
        read_stars(tmp_path / "nowhere")


def test_own_texts_are_scored_by_weights_from_the_others(tmp_path: Path) -> None:
    one, *others = sorted((Path(__file__).resolve().parents[2] / "training" / "texts").glob("goods_*.jsonl"))
    assert training_files(one, tmp_path) == ([one], others, tmp_path)
    gold = write(tmp_path / "gold" / "set.jsonl", rows())
    beside = write(tmp_path / "gold" / "more.jsonl", rows())
    assert training_files(gold, None) == ([gold, beside], [one, *others], None)


def test_training_without_a_class_is_one_clear_error(folder: Path) -> None:
    labelled = read_labelled([folder / "gold" / "set.jsonl"], own=False)
    with pytest.raises(DataError, match="no text has a poor or middling or good rating"):
        read_corpus(labelled, [])
    with pytest.raises(DataError, match="no annotated text is mixed"):
        read_corpus([text for text in labelled if text.gold.sentiment != "mixed"], read_stars(folder / "data"))


def test_cross_validation_analyses_every_text_without_having_seen_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nlp import crossval

    seen: list[frozenset[str]] = []
    monkeypatch.setattr(crossval, "own_texts", list)
    monkeypatch.setattr(crossval, "train", lambda *a: seen.append(train(*a).seen) or train(*a))
    monkeypatch.setattr(crossval, "FOLDS", 2)
    found = cross_validate(folder / "gold" / "set.jsonl", "product")
    assert len(found) == len(rows())
    folds = fold_numbers(read_labelled([folder / "gold" / "set.jsonl"], own=False), "product")
    for row, fold in zip(rows(), folds, strict=True):
        assert digest(row["text"]) not in seen[fold]
        assert digest(row["text"]) in seen[1 - fold]
    with pytest.raises(SettingsError, match="cross-validate by 'moon'"):
        cross_validate(folder / "gold" / "set.jsonl", "moon")


def test_evaluate_leaves_out_what_the_weights_saw(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Seeing(KundenechoEngine):
        seen = frozenset(digest(row["text"]) for row in rows()[:10])

    engine: Engine = Seeing()
    monkeypatch.setattr(evaluation, "load_engine", lambda name, model=None: engine)
    report = evaluation.evaluate(folder / "gold" / "set.jsonl", ["kundenecho"])
    assert (report["texts"], report["left_out"]) == (len(rows()) - 10, 10)
    Seeing.seen = frozenset(digest(row["text"]) for row in rows())
    with pytest.raises(DataError, match="saw every text"):
        evaluation.evaluate(folder / "gold" / "set.jsonl", ["kundenecho"])


def test_the_command_writes_weights(folder: Path, tmp_path: Path) -> None:
    gold = str(folder / "gold" / "set.jsonl")
    done = CliRunner().invoke(
        command, ["--data", str(folder / "data"), "--gold", gold, "--texts", gold, "--out", str(tmp_path / "w")]
    )
    assert done.exit_code == 0, done.output
    assert read_weights(tmp_path / "w" / "weights.npz").seen


def test_broken_weights_are_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "weights.npz").write_bytes(b"no zip")
    with pytest.raises(SettingsError, match="make train"):
        read_weights(tmp_path / "weights.npz")


def test_analysis_needs_no_training_library() -> None:
    program = (
        "import sys; from nlp.engine import load_engine, Text; list(load_engine().analyse([Text('Die Kurbel klemmt.')])); "
        "assert not {'sklearn', 'scipy.sparse', 'joblib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_weights_hold_no_readable_word() -> None:
    with np.load(SHIPPED, allow_pickle=False) as arrays:
        kinds = {name: arrays[name].dtype.kind for name in arrays.files}
        assert all(len(value) == 16 and int(value, 16) >= 0 for value in arrays["seen"].tolist())
    assert set(kinds.values()) <= {"i", "f", "U"}
    assert [name for name, kind in kinds.items() if kind == "U"] == ["seen"]
    assert SHIPPED.stat().st_size < 12_000_000


def test_own_weights_replace_the_shipped_ones(corpus: Corpus, tmp_path: Path) -> None:
    write_weights(train_arrays(corpus, *everything(corpus)), tmp_path)
    engine = load_engine(model=str(tmp_path))
    assert isinstance(engine, KundenechoEngine)
    text = "Der Bolzen " + UNKNOWN.format("").strip()
    assert [mention.defect for mention in next(engine.analyse([Text(text)])).mentions] == ["noise"]
    assert digest(corpus.labelled[0].gold.text) in engine.seen
    shipped, rules = KundenechoEngine(), KundenechoEngine()
    rules.use(None)
    assert len({json.dumps(one.describe(), sort_keys=True) for one in (engine, shipped, rules)}) == 3


@pytest.mark.parametrize(
    "line", ["{broken", "[]", '{"text": "x", "rating": "good"}', '{"text": "x", "rating": 1, "rating_max": 1}', "\x80"]
)
def test_a_rated_line_that_cannot_be_read_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "rated.jsonl").write_bytes(b'{"text": "x", "rating": 5}\n\n' + line.encode("latin-1"))
    with pytest.raises(DataError, match="no rated text") as caught:
        read_stars(tmp_path)
    assert caught.value.where == f"{tmp_path / 'rated.jsonl'}:3"
