"""Score a scheme's model against annotated texts, with bootstrap intervals."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from kundenecho.errors import DataError, SettingsError
from nlp import metrics
from nlp.scheme import Scheme, read_scheme, read_scheme_gold
from nlp.scheme_model import read_scheme_model
from nlp.train_texts import digest

_Pairs = set[tuple[str, str]]
_WIDTH: Final = 40
_CELL: Final = 12


def evaluate_scheme(gold: Path, scheme_file: Path, folder: Path, as_json: bool) -> str:
    """Score the model in a folder.

    Texts that the model saw in training are left out.

    Args:
        gold: Annotated JSON lines.
        scheme_file: Where the labels stand in them; names the model's own labels.
        folder: Where ``kundenecho train --scheme`` wrote.
        as_json: Give JSON instead of a table.

    Returns:
        The report: ``gold``, ``scheme``, ``texts``, ``left_out``, ``figures`` (micro-F1 over the set of
        categories with polarities of each text, and over that of categories, each ``{"value", "low",
        "high"}``), ``labels`` (``pairs`` and ``categories``: precision, recall, F1 and how often gold has it),
        ``threshold``, ``texts_per_second``.

    Raises:
        SettingsError: When a file cannot be read, or the labels are not those of the model.
        DataError: When a line does not fit the scheme, or the model saw every text.
    """
    scheme, model = read_scheme(scheme_file), read_scheme_model(folder)
    _check(scheme, model.scheme, scheme_file)
    texts = read_scheme_gold(gold, scheme)
    unseen = [text for text in texts if digest(text.text) not in model.seen]
    if not unseen:
        raise DataError("the model saw every text of this file in training", where=str(gold), remedy="Use other texts")
    model.say(unseen[0].text)
    started = time.perf_counter()
    said = [{(one.category, one.polarity) for one in model.say(text.text)} for text in unseen]
    seconds = time.perf_counter() - started
    report = {
        "gold": str(gold),
        "scheme": scheme.name,
        "texts": len(unseen),
        "left_out": len(texts) - len(unseen),
        **_scores(scheme, [text.pairs for text in unseen], said),
        "threshold": round(model.threshold, 4),
        "texts_per_second": len(unseen) / seconds,
    }
    return json.dumps(report, ensure_ascii=False, indent=2) if as_json else _table(report)


def _check(scheme: Scheme, trained: Scheme, file: Path) -> None:
    if (scheme.categories, scheme.polarities) != (trained.categories, trained.polarities):
        raise SettingsError(
            "the labels of the scheme are not those that the model was trained for",
            where=str(file),
            remedy="Name the scheme of the training, or train again",
        )


def _scores(scheme: Scheme, right: list[_Pairs], said: list[_Pairs]) -> dict[str, Any]:
    pairs = [f"{category} {polarity}" for category in scheme.categories for polarity in scheme.polarities]
    scores = {
        "pairs": _score(pairs, [_joined(one) for one in right], [_joined(one) for one in said]),
        "categories": _score(scheme.categories, [_firsts(one) for one in right], [_firsts(one) for one in said]),
    }
    return {
        "figures": {f"{kind}_micro_f1": figure for kind, (figure, _) in scores.items()},
        "labels": {kind: labels for kind, (_, labels) in scores.items()},
    }


def _score(names: Sequence[str], right: list[set[str]], said: list[set[str]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The micro-F1 with its interval, and the scores by label."""
    tally = metrics.set_tally(right, said, names)
    whole = tally.sum(axis=1, keepdims=True)
    figure = metrics.interval(metrics.mean_f1(whole), metrics.resampled_f1(whole))._asdict()
    labels = {}
    for name, (precision, recall, f1) in zip(names, metrics.precision_recall_f1(tally), strict=True):
        count = sum(name in one for one in right)
        labels[name] = {"precision": precision, "recall": recall, "f1": f1, "gold": count}
    return figure, labels


def _joined(pairs: _Pairs) -> set[str]:
    return {" ".join(pair) for pair in pairs}


def _firsts(pairs: _Pairs) -> set[str]:
    return {category for category, _ in pairs}


def _table(report: dict[str, Any]) -> str:
    lines = [f"{Path(report['gold']).name}: {report['texts']} Texte; in Klammern 95-%-Bootstrap-Intervalle"]
    if report["left_out"]:
        lines.append(f"{report['left_out']} Texte ausgelassen, weil das Modell sie gesehen hat")
    lines.append("")
    titles = {"pairs": "Kategorie + Polarität", "categories": "Kategorie"}
    for kind, title in titles.items():
        figure = report["figures"][f"{kind}_micro_f1"]
        span = "" if figure["low"] is None else f" ({_number(figure['low'])} – {_number(figure['high'])})"
        lines.append(f"{title}, Mikro-F1".ljust(_WIDTH) + f"{_number(figure['value'])}{span}")
    lines.append("Texte je Sekunde, nur die Erwähnungen".ljust(_WIDTH) + f"{report['texts_per_second']:.0f}")
    for kind, title in titles.items():
        heads = ("Präzision", "Trefferquote", "F1", "Gold")
        lines += ["", title.ljust(_WIDTH) + "".join(head.rjust(_CELL) for head in heads)]
        for name, score in report["labels"][kind].items():
            if score["f1"] is not None:
                cells = [_number(score[part]) for part in ("precision", "recall", "f1")] + [str(score["gold"])]
                lines.append(f"  {name}".ljust(_WIDTH) + "".join(cell.rjust(_CELL) for cell in cells))
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}".replace(".", ",")
