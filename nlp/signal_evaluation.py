"""Score the signals of texts against labelled ones: questions, incentives, fixes, and what clauses tell.

A line of the file is ``{"id", "text", "question": bool, "incentivised": words or null, "fix": [words],
"mentions": [{"evidence": words, "touchpoint", "emotion", "expectation"}]}``; words stand in the text as
they are given, each label may be null. A third of the texts, told by their ids, is held back: the
constructions are written looking at the other two thirds only.

Spans count as found where found and labelled one share half of each. A label of a clause counts where
both stretches share half of the shorter one; what is said twice of one labelled stretch counts once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import spacy
from spacy.language import Language

from kundenecho.analysis import EMOTIONS, EXPECTATIONS, TOUCHPOINTS, Analysis, Mention, Moment
from nlp import metrics
from nlp.annotated import read_annotated
from nlp.engine import Text, load_engine
from nlp.metrics import Tally
from nlp.sentences import offsets
from nlp.tokenizer import TOKENIZER

Span: TypeAlias = tuple[int, int]
#: A label, empty for signals without labels, and where it stands.
Item: TypeAlias = tuple[str, Span]

#: What is labelled clause by clause, and its labels.
OF_CLAUSES: Final[Mapping[str, tuple[str, ...]]] = {
    "touchpoint": TOUCHPOINTS,
    "emotion": EMOTIONS,
    "expectation": EXPECTATIONS,
}
#: Share of a span that must be shared.
SHARED: Final = 0.5
#: One of so many texts is held back.
_THIRD: Final = 3
_WHOLE: Final = (0, 0)
#: Components that read the signals of clauses; the engine's mentions come behind them.
_COMPONENTS: Final = tuple(f"kundenecho_{part}_v1" for part in ("language", "clauses", "search", "cues", "signals"))


@dataclass(frozen=True, slots=True)
class SignalText:
    """One labelled text; ``items`` by signal."""

    name: str
    text: str
    items: Mapping[str, tuple[Item, ...]]

    @property
    def held_back(self) -> bool:
        """Whether no construction may be written for it."""
        return int(sha256(self.name.encode()).hexdigest(), 16) % _THIRD == 0


def read_signal_texts(path: Path) -> list[SignalText]:
    """Read and check a file of labelled signals; blank lines are skipped.

    Raises:
        SettingsError: When the file cannot be opened.
        DataError: At the first line that is no valid annotation, and for a file without any.
    """
    return read_annotated(path, _text)


def _text(row: Any) -> SignalText:
    text = row["text"]
    if not isinstance(text, str) or not isinstance(row["question"], bool):
        raise ValueError("text or question has the wrong type")
    items: dict[str, tuple[Item, ...]] = {
        "question": (("", _WHOLE),) if row["question"] else (),
        "incentivised": (("", _place(text, row["incentivised"])),) if row["incentivised"] is not None else (),
        "fix": tuple(("", _place(text, words)) for words in row["fix"]),
    }
    for signal, labels in OF_CLAUSES.items():
        found = [(mention[signal], _place(text, mention["evidence"])) for mention in row["mentions"] if mention[signal]]
        for label, _ in found:
            if label not in labels:
                raise ValueError(f"{signal} {label!r} is unknown")
        items[signal] = tuple(found)
    return SignalText(str(row["id"]), text, items)


def _place(text: str, words: str) -> Span:
    at = text.find(words)
    if at < 0 or not words:
        raise ValueError(f"{words!r} does not stand in the text")
    return at, at + len(words)


def score_signals(path: Path) -> dict[str, Any]:
    """Score the shipped engine on a file of labelled signals.

    Args:
        path: The file, see the module.

    Returns:
        A JSON-able report: ``file`` and, for ``kept`` and ``held_back``, ``texts`` and ``signals``: by
        name ``positives``, ``precision``, ``recall``, ``f1`` with ``low`` and ``high``; for signals of
        clauses also ``labels`` (the same by label) and ``in_mentions`` and ``in_moments``, the figures of what
        reaches the mentions of the result, and its moments.

    Raises:
        SettingsError: When the file cannot be opened.
        DataError: At the first line that is no valid annotation.
    """
    texts = read_signal_texts(path)
    analyses = list(load_engine().analyse(Text(one.text) for one in texts))
    clauses = _read_clauses([one.text for one in texts])
    parts: dict[str, Any] = {}
    for part, held_back in (("kept", False), ("held_back", True)):
        rows = [at for at, one in enumerate(texts) if one.held_back is held_back]
        gold = [texts[at].items for at in rows]
        results = [analyses[at] for at in rows]
        signals = {name: _figures(gold, name, [_of_text(one, name) for one in results]) for name in _OF_TEXTS}
        for name, labels in OF_CLAUSES.items():
            said = [clauses[at][name] for at in rows]
            signals[name] = _figures(gold, name, said)
            signals[name]["labels"] = {label: _figures(gold, name, said, label) for label in labels}
            signals[name]["in_mentions"] = _figures(gold, name, [_labelled(one.mentions, name) for one in results])
            signals[name]["in_moments"] = _figures(gold, name, [_labelled(one.moments, name) for one in results])
        parts[part] = {"texts": len(rows), "signals": signals}
    return {"file": str(path), **parts}


_OF_TEXTS: Final = ("question", "incentivised", "fix")


def _read_clauses(texts: Sequence[str]) -> list[dict[str, list[Item]]]:
    """What each clause tells, whether or not it carries a mention."""
    pipeline: Language = spacy.blank("de", config={"nlp": {"tokenizer": {"@tokenizers": TOKENIZER}}})
    for component in _COMPONENTS:
        pipeline.add_pipe(component)
    found: list[dict[str, list[Item]]] = []
    for doc in pipeline.pipe(texts):
        signals = doc._.signals
        told = {
            "touchpoint": signals.touchpoints if signals else {},
            "emotion": signals.emotions if signals else {},
            "expectation": signals.expectations if signals else {},
        }
        spans = {one.first: offsets(doc._.words, one.first, one.last) for one in doc._.clauses or ()}
        found.append({name: [(label, spans[at]) for at, label in by.items()] for name, by in told.items()})
    return found


def _of_text(analysis: Analysis, signal: str) -> list[Item]:
    if signal == "question":
        return [("", _WHOLE)] if analysis.question else []
    spans = analysis.fixes if signal == "fix" else [analysis.incentivised] if analysis.incentivised else []
    return [("", (span.start, span.end)) for span in spans]


def _labelled(found: Sequence[Mention] | Sequence[Moment], signal: str) -> list[Item]:
    labelled = ((getattr(one, signal), one.evidence) for one in found)
    return sorted({(label, evidence) for label, evidence in labelled if label})


def _figures(
    gold: Sequence[Mapping[str, Sequence[Item]]], signal: str, said: Sequence[Sequence[Item]], label: str | None = None
) -> dict[str, Any]:
    same = _share_half_of_shorter if signal in OF_CLAUSES else _share_half_of_each
    tally = np.zeros((len(gold), 1, 3), dtype=np.int64)
    for row, (right, found) in enumerate(zip(gold, said, strict=True)):
        wanted = [item for item in right[signal] if label in (None, item[0])]
        tally[row, 0] = _count(wanted, [item for item in found if label in (None, item[0])], same)
    return _summary(tally)


def _count(wanted: Sequence[Item], found: Sequence[Item], same: Callable[[Span, Span], bool]) -> tuple[int, int, int]:
    """Labelled items that were found, found ones that are not labelled, labelled ones that were missed."""

    def fits(gold: Item, said: Item) -> bool:
        return gold[0] == said[0] and same(gold[1], said[1])

    hits = sum(any(fits(gold, said) for said in found) for gold in wanted)
    false = sum(not any(fits(gold, said) for gold in wanted) for said in found)
    return hits, false, len(wanted) - hits


def _summary(tally: Tally) -> dict[str, Any]:
    ((precision, recall, f1),) = metrics.precision_recall_f1(tally)
    interval = (
        metrics.interval(f1, metrics.resampled_f1(tally)) if f1 is not None else metrics.Interval(None, None, None)
    )
    positives = int(tally[:, 0, 0].sum() + tally[:, 0, 2].sum())
    return {
        "positives": positives,
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "low": interval.low,
        "high": interval.high,
    }


def _shared(a: Span, b: Span) -> int:
    return max(0, min(a[1], b[1]) - max(a[0], b[0]))


def _share_half_of_each(gold: Span, said: Span) -> bool:
    return _shared(gold, said) >= SHARED * max(gold[1] - gold[0], said[1] - said[0])


def _share_half_of_shorter(gold: Span, said: Span) -> bool:
    return _shared(gold, said) >= SHARED * min(gold[1] - gold[0], said[1] - said[0])


_PARTS: Final = {"kept": "gesehene zwei Drittel", "held_back": "zurückgehaltenes Drittel"}
_TITLES: Final = {
    "question": "Frage", "incentivised": "Gegenleistung für das Urteil", "fix": "was geholfen hat",
    "touchpoint": "Kontaktpunkt", "emotion": "Gefühl", "expectation": "Erwartung",
    "advertising": "Werbung", "advice": "Beratung", "order": "Bestellung", "delivery": "Lieferung",
    "packaging": "Verpackung", "first_use": "erster Gebrauch", "use": "Gebrauch", "cleaning": "Reinigung",
    "support": "Kundendienst", "returns": "Rückgabe", "repurchase": "Wiederkauf", "joy": "Freude", "trust": "Vertrauen",
    "surprise": "Überraschung", "disappointment": "Enttäuschung", "anger": "Ärger", "worry": "Sorge",
    "met": "erfüllt", "disappointed": "enttäuscht", "exceeded": "übertroffen",
}  # fmt: skip
_FIRST: Final = 30
#: Positives from which an interval says more than that there are few.
_ENOUGH: Final = 10


def evaluate_signals(path: Path, as_json: bool = False) -> str:
    """The report of :func:`score_signals` as text, for people or for machines.

    Args:
        path: The file of labelled texts.
        as_json: The whole report as JSON.

    Returns:
        What the command prints.

    Raises:
        SettingsError: When the file cannot be opened.
        DataError: At the first line that is no valid annotation.
    """
    report = score_signals(path)
    if as_json:
        return json.dumps(report, ensure_ascii=False, indent=2)
    lines = [
        f"{path.name}: Signale; in Klammern 95-%-Bootstrap-Intervalle, ab {_ENOUGH} Fällen",
        "„an Nennungen“: was davon an einer Nennung des Ergebnisses steht; viele dieser Sätze enthalten keine",
        "„an Momenten“: was an der Kundenreise steht; Kontaktpunkte, die nur aus dem Aspekt folgen, gelten als falsch",
    ]
    for part, title in _PARTS.items():
        lines += ["", f"{title}: {report[part]['texts']} Texte", _row("", "Fälle", "Präzision", "Trefferquote", "F1")]
        for signal, figures in report[part]["signals"].items():
            lines.append(_cells(_TITLES[signal], figures))
            labels = figures.get("labels", {}).items()
            lines += [_cells(f"  {_TITLES[label]}", one) for label, one in labels if one["positives"]]
            if "in_mentions" in figures:
                lines.append(_cells("  an Nennungen", figures["in_mentions"]))
                lines.append(_cells("  an Momenten der Reise", figures["in_moments"]))
    return "\n".join(lines)


def _cells(title: str, figures: Mapping[str, Any]) -> str:
    f1 = _number(figures["f1"])
    if figures["low"] is not None and figures["positives"] >= _ENOUGH:
        f1 += f" ({_number(figures['low'])} – {_number(figures['high'])})"
    return _row(title, str(figures["positives"]), _number(figures["precision"]), _number(figures["recall"]), f1)


def _row(title: str, count: str, precision: str, recall: str, f1: str) -> str:
    return f"{title:<{_FIRST}}{count:>8}{precision:>12}{recall:>14}   {f1}".rstrip()


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}".replace(".", ",")
