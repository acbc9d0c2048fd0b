"""Score engines against a gold file, side by side, with intervals that say what chance could do.

A text is a sample. Micro-F1 figures compare the *set* of what is said of a text with gold's set, so a
repeated opinion counts once. Intervals are 95 % bootstrap percentiles over texts; the lead of one
engine over another is resampled in pairs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kundenecho.analysis import SENTIMENTS, Analysis
from kundenecho.records import digest_json
from nlp import metrics
from nlp.engine import Text, load_engine
from nlp.gold import GoldText, read_gold
from nlp.metrics import Tally

#: Share of the gold evidence that ours must cover to count as a hit.
EVIDENCE_OVERLAP: Final = 0.5


@dataclass(frozen=True, slots=True)
class _Run:
    """What one engine said of the gold texts, and how long it took."""

    name: str
    lineage: str
    description: dict[str, Any]
    analyses: list[Analysis]
    seconds: float


def evaluate(gold: Path, engines: Sequence[str]) -> dict[str, Any]:
    """Score engines against a gold file.

    Args:
        gold: The file, see :mod:`nlp.gold`. Annotators saw the text only, so the engines do too.
        engines: Names, see :func:`nlp.engine.load_engine`; the first is compared with the others.

    Returns:
        A JSON-able report: ``gold``, ``texts``, ``engines`` (for each ``name``, ``lineage``,
        ``description``, ``figures``, ``sentiment``, ``evidence_hit_share``, ``calibration_error``,
        ``abstained_share``, ``unanswered``, ``texts_per_second``) and ``leads``: the first engine's
        figures less each other's. A figure is ``{"value", "low", "high"}``, null where undefined.

    Raises:
        SettingsError: When the file cannot be opened or an engine is unknown.
        DataError: When a line of the file is no valid annotation.
    """
    texts = read_gold(gold)
    runs = [_run(name, texts) for name in engines]
    tallies = [{name: tally(texts, run.analyses) for name, tally in FIGURES.items()} for run in runs]
    samples = [{name: metrics.resampled_f1(tally) for name, tally in each.items()} for each in tallies]
    values = [{name: metrics.mean_f1(tally) for name, tally in each.items()} for each in tallies]
    leads = {}
    for other in range(1, len(runs)):
        leads[runs[other].name] = {
            name: metrics.interval(
                _difference(values[0][name], values[other][name]), samples[0][name] - samples[other][name]
            )._asdict()
            for name in FIGURES
        }
    return {
        "gold": str(gold),
        "texts": len(texts),
        "engines": [
            {
                "name": run.name,
                "lineage": run.lineage,
                "description": run.description,
                "figures": {name: metrics.interval(value[name], sample[name])._asdict() for name in FIGURES},
                **_details(texts, run),
            }
            for run, value, sample in zip(runs, values, samples, strict=True)
        ],
        "leads": leads,
    }


def _run(name: str, texts: Sequence[GoldText]) -> _Run:
    engine = load_engine(name)
    # The first text pays for what is loaded late; the clock starts behind it.
    list(engine.analyse([Text(texts[0].text)]))
    started = time.perf_counter()
    analyses = list(engine.analyse(Text(gold.text, product=gold.product) for gold in texts))
    seconds = time.perf_counter() - started
    description = engine.describe()
    return _Run(name, digest_json(description), description, analyses, seconds)


def _details(texts: Sequence[GoldText], run: _Run) -> dict[str, Any]:
    right = [gold.sentiment for gold in texts]
    said = _sentiments(run.analyses)
    stated = [
        (one.sentiment.confidence, one.sentiment.label == gold.sentiment)
        for one, gold in zip(run.analyses, texts, strict=True)
        if one.sentiment
    ]
    scores = metrics.precision_recall_f1(metrics.label_tally(right, said, SENTIMENTS))
    return {
        "sentiment": {
            "labels": {
                label: dict(zip(("precision", "recall", "f1"), score, strict=True))
                for label, score in zip(SENTIMENTS, scores, strict=True)
            },
            "confusion": metrics.confusion_matrix(right, said, SENTIMENTS),
            "accuracy": sum(correct for _, correct in stated) / len(texts),
        },
        "evidence_hit_share": _evidence_hit_share(texts, run.analyses),
        "calibration_error": metrics.calibration_error(
            [confidence for confidence, _ in stated], [correct for _, correct in stated]
        ),
        "abstained_share": sum(one.abstained for one in run.analyses) / len(texts),
        "unanswered": len(texts) - len(stated),
        "texts_per_second": len(texts) / run.seconds,
    }


def _sentiments(analyses: Sequence[Analysis]) -> list[str | None]:
    return [one.sentiment.label if one.sentiment else None for one in analyses]


def _sentiment(texts: Sequence[GoldText], analyses: Sequence[Analysis]) -> Tally:
    return metrics.label_tally([gold.sentiment for gold in texts], _sentiments(analyses), SENTIMENTS)


def _recommend(texts: Sequence[GoldText], analyses: Sequence[Analysis]) -> Tally:
    return metrics.label_tally([gold.recommend for gold in texts], [one.recommend for one in analyses], ("yes", "no"))


def _loyalty(texts: Sequence[GoldText], analyses: Sequence[Analysis]) -> Tally:
    return metrics.label_tally([gold.loyalty for gold in texts], [one.loyalty for one in analyses], ("repeat", "churn"))


def _aspects(texts: Sequence[GoldText], analyses: Sequence[Analysis]) -> Tally:
    return metrics.pair_tally(
        [{(mention.aspect, mention.polarity) for mention in gold.mentions} for gold in texts],
        [{(mention.aspect, mention.polarity) for mention in one.mentions} for one in analyses],
    )


def _defects(texts: Sequence[GoldText], analyses: Sequence[Analysis]) -> Tally:
    return metrics.pair_tally(
        [{mention.defect for mention in gold.mentions if mention.defect} for gold in texts],
        [{mention.defect for mention in one.mentions if mention.defect} for one in analyses],
    )


Part = tuple[str, str | None]


def _defective_parts(texts: Sequence[GoldText], analyses: Sequence[Analysis]) -> Tally:
    def part(defect: str, component: str | None) -> Part:
        return defect, component.casefold() if component else None

    def same(gold: Part, said: Part) -> bool:
        return gold[0] == said[0] and metrics.same_component(gold[1], said[1])

    return metrics.pair_tally(
        [{part(m.defect, m.component) for m in gold.mentions if m.defect} for gold in texts],
        [{part(m.defect, m.component) for m in one.mentions if m.defect} for one in analyses],
        same,
    )


#: The figures with intervals, in the order of the report.
FIGURES: Final[dict[str, Callable[[Sequence[GoldText], Sequence[Analysis]], Tally]]] = {
    "sentiment_macro_f1": _sentiment,
    "recommend_mean_f1": _recommend,
    "loyalty_mean_f1": _loyalty,
    "aspect_polarity_micro_f1": _aspects,
    "defect_micro_f1": _defects,
    "defect_component_micro_f1": _defective_parts,
}


def _evidence_hit_share(texts: Sequence[GoldText], analyses: Sequence[Analysis]) -> float | None:
    """Of the gold mentions whose aspect and polarity were said, the share whose evidence was hit."""
    found = hits = 0
    for gold, one in zip(texts, analyses, strict=True):
        for mention in gold.mentions:
            spans = [
                said.evidence
                for said in one.mentions
                if (said.aspect, said.polarity, said.field) == (mention.aspect, mention.polarity, "text")
            ]
            found += bool(spans)
            hits += any(metrics.overlap_share(mention.evidence, span) >= EVIDENCE_OVERLAP for span in spans)
    return hits / found if found else None


def _difference(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b


_TITLES: Final = {
    "sentiment_macro_f1": "Stimmung, Makro-F1",
    "recommend_mean_f1": "Empfehlung, F1 von ja und nein",
    "loyalty_mean_f1": "Treue, F1 von bleibt und geht",
    "aspect_polarity_micro_f1": "Aspekt + Polarität, Mikro-F1",
    "defect_micro_f1": "Mängelart, Mikro-F1",
    "defect_component_micro_f1": "Mängelart + Bauteil, Mikro-F1",
}
_SHARES: Final = {
    "evidence_hit_share": "Belegstelle getroffen",
    "calibration_error": "Kalibrierungsfehler (ECE)",
    "abstained_share": "Anteil Enthaltungen",
}
_FIRST: Final = 32
_COLUMN: Final = 29


def format_report(report: dict[str, Any]) -> str:
    """The report of :func:`evaluate` as plain text, a column for each engine and each lead."""
    engines = report["engines"]
    leads = list(report["leads"].items())
    heads = [engine["name"] for engine in engines] + [f"Vorsprung vor {name}" for name, _ in leads]
    lines = [
        f"{Path(report['gold']).name}: {report['texts']} Texte; in Klammern 95-%-Bootstrap-Intervalle",
        "",
        _line("", heads),
    ]
    for name, title in _TITLES.items():
        cells = [_figure(engine["figures"][name]) for engine in engines]
        lines.append(_line(title, cells + [_figure(lead[name], sign="+") for _, lead in leads]))
    lines.append(_line("Stimmung, Genauigkeit", [_number(engine["sentiment"]["accuracy"]) for engine in engines]))
    for name, title in _SHARES.items():
        lines.append(_line(title, [_number(engine[name]) for engine in engines]))
    lines.append(_line("Ohne Stimmung (nicht deutsch)", [str(engine["unanswered"]) for engine in engines]))
    lines.append(_line("Texte je Sekunde", [f"{engine['texts_per_second']:.0f}" for engine in engines]))
    lines += ["", _line("Stimmung: Präzision / Trefferquote / F1", [])]
    for label in SENTIMENTS:
        scores = [engine["sentiment"]["labels"][label] for engine in engines]
        cells = [" / ".join(_number(score[part]) for part in ("precision", "recall", "f1")) for score in scores]
        lines.append(_line(f"  {label}", cells))
    lines += ["", _line(f"Verwechslungen: gesagt {' / '.join(SENTIMENTS)} / keine", [])]
    for row, label in enumerate(SENTIMENTS):
        cells = [" / ".join(map(str, engine["sentiment"]["confusion"][row])) for engine in engines]
        lines.append(_line(f"  {label}", cells))
    return "\n".join(lines)


def _line(title: str, cells: Sequence[str]) -> str:
    return (title.ljust(_FIRST) + "".join(cell.rjust(_COLUMN) for cell in cells)).rstrip()


def _figure(figure: dict[str, float | None], sign: str = "") -> str:
    value = _number(figure["value"], sign)
    if figure["low"] is None:
        return value
    return f"{value} ({_number(figure['low'], sign)} – {_number(figure['high'], sign)})"


def _number(value: float | None, sign: str = "") -> str:
    return "–" if value is None else f"{value:{sign}.3f}".replace(".", ",")
