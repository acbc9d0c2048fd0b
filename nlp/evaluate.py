"""Score engines against a gold file, side by side, with intervals that say what chance could do.

A text is a sample. Micro-F1 figures compare the *set* of what is said of a text with gold's set, so a
repeated opinion counts once. Intervals are 95 % bootstrap percentiles over texts; the lead of one
engine over another is resampled in pairs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from kundenecho.analysis import ASPECTS, DEFECT_TYPES, POLARITIES, SENTIMENTS, Analysis
from kundenecho.errors import DataError
from kundenecho.records import digest_json
from nlp import metrics
from nlp.engine import Engine, Text, load_engine
from nlp.gold import GoldText, read_gold
from nlp.metrics import Tally
from nlp.report import format_report
from nlp.train_texts import digest as text_digest

__all__ = ["FIGURES", "evaluate", "format_report"]

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


def evaluate(
    gold: Path,
    engines: Sequence[str],
    *,
    model: str | None = None,
    unit: str | None = None,
    data: Path | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Score engines against a gold file; texts that an engine's weights saw are left out for all.

    Args:
        gold: The file, see :mod:`nlp.gold`. Annotators saw the text only, so the engines do too.
        engines: Names, see :func:`nlp.engine.load_engine`; the first is compared with the others.
        model: Of the ``kundenecho`` engine.
        unit: Cross-validate the ``kundenecho`` engine by it instead, see :mod:`nlp.crossval`.
        data: Folder of rated texts for the cross-validation.
        report: Told what the cross-validation does.

    Returns:
        A JSON-able report: ``gold``, ``texts``, ``left_out``, ``cross_validated``, ``engines`` (for each
        ``name``, ``lineage``, ``description``, ``figures``, ``sentiment``, ``evidence_hit_share``,
        ``calibration_error``, ``abstained_share``, ``unanswered``, ``texts_per_second``, ``labels``,
        ``reliability``) and ``leads``: the first engine's
        figures less each other's. A figure is ``{"value", "low", "high"}``, null where undefined.

    Raises:
        SettingsError: When the file cannot be opened or an engine is unknown.
        DataError: When a line of the file is no valid annotation, or the weights saw every text.
    """
    everything = read_gold(gold)
    loaded = [load_engine(name, model if name == "kundenecho" else None) for name in engines]
    texts = everything if unit else _unseen(everything, loaded, gold)
    runs = [_run(engine, texts) for engine in loaded]
    if unit:
        from nlp.crossval import cross_validate

        analyses = cross_validate(gold, unit, data, report)
        runs = [replace(run, analyses=analyses) if run.name == "kundenecho" else run for run in runs]
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
        "left_out": len(everything) - len(texts),
        "cross_validated": unit,
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


def _unseen(texts: list[GoldText], engines: Sequence[Engine], gold: Path) -> list[GoldText]:
    """The texts that no engine's weights saw at any stage of their training."""
    seen = frozenset[str]().union(*(getattr(engine, "seen", ()) for engine in engines))
    found = [text for text in texts if text_digest(text.text) not in seen] if seen else texts
    if not found:
        raise DataError(
            "the weights saw every text of this file in training",
            where=str(gold),
            remedy="Use --cross-validate product, or texts of your own",
        )
    return found


def _run(engine: Engine, texts: Sequence[GoldText]) -> _Run:
    # The first text pays for what is loaded late; the clock starts behind it.
    list(engine.analyse([Text(texts[0].text)]))
    started = time.perf_counter()
    analyses = list(engine.analyse(Text(gold.text, product=gold.product) for gold in texts))
    seconds = time.perf_counter() - started
    description = engine.describe()
    return _Run(engine.name, digest_json(description), description, analyses, seconds)


def _details(texts: Sequence[GoldText], run: _Run) -> dict[str, Any]:
    right = [gold.sentiment for gold in texts]
    said = _sentiments(run.analyses)
    stated = [
        (one.sentiment.confidence, one.sentiment.label == gold.sentiment)
        for one, gold in zip(run.analyses, texts, strict=True)
        if one.sentiment
    ]
    return {
        "sentiment": {
            "labels": _scores(metrics.label_tally(right, said, SENTIMENTS), SENTIMENTS),
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
        "labels": _labels(texts, run.analyses),
        "reliability": metrics.reliability(
            [confidence for confidence, _ in stated], [correct for _, correct in stated]
        ),
    }


def _scores(tally: Tally, labels: Sequence[str]) -> dict[str, dict[str, float | None]]:
    """Precision, recall and F1 by label."""
    found = metrics.precision_recall_f1(tally)
    return {
        label: dict(zip(("precision", "recall", "f1"), score, strict=True))
        for label, score in zip(labels, found, strict=True)
    }


def _labels(texts: Sequence[GoldText], analyses: Sequence[Analysis]) -> dict[str, Any]:
    """Scores by label of what a text has at most once, or a set of."""
    pairs = [f"{aspect} {polarity}" for aspect in ASPECTS for polarity in POLARITIES]
    right = [{f"{m.aspect} {m.polarity}" for m in gold.mentions} for gold in texts]
    said = [{f"{m.aspect} {m.polarity}" for m in one.mentions} for one in analyses]
    wrong = [{m.defect for m in gold.mentions if m.defect} for gold in texts]
    told = [{m.defect for m in one.mentions if m.defect} for one in analyses]
    return {
        "recommend": _scores(_recommend(texts, analyses), ("yes", "no")),
        "loyalty": _scores(_loyalty(texts, analyses), ("repeat", "churn")),
        "pairs": _scores(metrics.set_tally(right, said, pairs), pairs),
        "defects": _scores(metrics.set_tally(wrong, told, DEFECT_TYPES), DEFECT_TYPES),
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
