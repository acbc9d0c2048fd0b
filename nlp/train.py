"""Train the learned layer: a star model, a model for each label of a clause, and the sentiment on top.

scikit-learn fits; what comes out are plain numpy arrays (:mod:`nlp.weights`). Everything is
deterministic: the same texts give the same weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from kundenecho.analysis import DEFECT_TYPES, SENTIMENTS
from kundenecho.errors import SettingsError
from nlp.engine import Text
from nlp.features import LABELS, PAIRS, clause_starts, forms_of
from nlp.pipeline import KundenechoEngine
from nlp.sentiment import features
from nlp.train_matrix import Keys, Rows, choose, clause_rows, matrix, text_rows
from nlp.train_parts import Part, fit_parts, read_parts
from nlp.train_texts import LabelledText, StarText, digest, require_all_classes
from nlp.weights import FILE, Scores, Weights, star_scores, verdict_inputs

#: Folds of the predictions that the sentiment learns from.
INNER: Final = 3
#: Texts and kinds of product that a feature must occur in, for labels and for stars.
LABEL_SPREAD: Final = (3, 2)
STAR_SPREAD: Final = (15, 2)
#: Inverse strengths of regularisation, chosen by cross-validation.
LABEL_C: Final = 0.3
STAR_C: Final = 2.0
VERDICT_C: Final = 0.01
#: Labels rarer than this in training are not learned.
_RAREST: Final = 4
#: How much a text of mixed sentiment counts: the rarest of the three, and the mean over labels is what is wanted.
_MIXED_WEIGHT: Final = 1.5
_MOST_CHARS: Final = 3_000
#: Log-odds of a label that is not learned.
_NEVER: Final = -12.0
_GRID: Final = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)
_ABSTAIN_BELOW: Final = 0.45
#: Share of the threshold for new mentions from which those of the rules stay: pairs, defects.
_KEPT: Final = (0.9, 0.6)

#: Texts after which reading tells how far it is.
_TOLD_EVERY: Final = 2_000
Floats = NDArray[np.float64]
Report = Callable[[str], None]
_T = TypeVar("_T")


@dataclass(slots=True)
class Corpus:
    """Texts read once, from which any subset can be trained on.

    Attributes:
        clauses: Sparse rows of the annotated texts' clauses; ``stars``: of the rated texts.
        truth: Labels of each clause. rules: Sentiment features of each annotated text.
        lengths: Words of each clause. parts: Nouns near the annotated defects.
    """

    labelled: list[LabelledText]
    stars: list[StarText]
    clauses: Rows
    star_rows: Rows
    truth: NDArray[np.bool_]
    rules: list[list[float]]
    lengths: NDArray[np.int64]
    parts: list[Part]


def read_corpus(labelled: Sequence[LabelledText], stars: Sequence[StarText], report: Report = lambda _: None) -> Corpus:
    """Run the rules over all texts; what the pipeline does not take for German is left out.

    Args:
        labelled: Annotated texts.
        stars: Rated texts.
        report: Told how many texts are read, now and then.

    Raises:
        DataError: When a sentiment or a class of ratings has no text.
    """
    require_all_classes(labelled, stars)
    engine = KundenechoEngine()
    engine.use(None)
    kept, docs = [], []
    for text in _told(labelled, "annotated", report):
        doc = engine.read(Text(text.gold.text))
        if doc._.clauses:
            kept.append(text)
            docs.append(doc)
    clauses = clause_rows(docs)
    truth = np.vstack([clause_labels(doc, text) for doc, text in zip(docs, kept, strict=True)])
    rated = (
        engine.read(Text(star.text[:_MOST_CHARS]), until="kundenecho_clauses_v1")
        for star in _told(stars, "rated", report)
    )
    rules = [features(doc) for doc in docs]
    lengths = np.array([len(forms_of(doc._.words, clause)) for doc in docs for clause in doc._.clauses])
    parts = [
        part for owner, (doc, text) in enumerate(zip(docs, kept, strict=True)) for part in read_parts(doc, text, owner)
    ]
    return Corpus(kept, list(stars), clauses, text_rows(rated), truth, rules, lengths, parts)


def _told(texts: Sequence[_T], kind: str, report: Report) -> Iterator[_T]:
    """The texts, telling how many are done."""
    for done, text in enumerate(texts):
        if done % _TOLD_EVERY == 0:
            report(f"reading {kind} texts: {done:,} of {len(texts):,}")
        yield text


def clause_labels(doc: Any, text: LabelledText) -> NDArray[np.bool_]:
    """What each clause of a Doc says by the annotation: a clause and an evidence that share half of either."""
    spans = [
        (start, doc._.words.end(clause.last - 1))
        for start, clause in zip(clause_starts(doc), doc._.clauses, strict=True)
    ]
    truth = np.zeros((len(spans), len(LABELS)), np.bool_)
    for mention in text.gold.mentions:
        begin, end = mention.evidence
        shared = [min(last, end) - max(first, begin) for first, last in spans]
        hit = [
            at
            for at, (first, last) in enumerate(spans)
            if shared[at] > 0 and (2 * shared[at] >= last - first or 2 * shared[at] >= end - begin)
        ] or [int(np.argmax(shared))]
        columns = []
        if (mention.aspect, mention.polarity) in PAIRS:
            columns = [PAIRS.index((mention.aspect, mention.polarity)), -3 if mention.polarity == "pos" else -2]
        if mention.defect is not None:
            columns += [len(PAIRS) + DEFECT_TYPES.index(mention.defect), -1]
        for column in columns:
            truth[hit, column] = True
    return truth


def train(
    corpus: Corpus, texts: NDArray[np.bool_], stars: NDArray[np.bool_], report: Report = lambda _: None
) -> Weights:
    """Train on a part of a corpus.

    Args:
        corpus: All texts.
        texts: Which annotated texts to use.
        stars: Which rated texts to use; none of them may be an annotated one.
        report: Told what is done.

    Raises:
        SettingsError: When scikit-learn is not installed.
    """
    return Weights(train_arrays(corpus, texts, stars, report))


def train_arrays(
    corpus: Corpus, texts: NDArray[np.bool_], stars: NDArray[np.bool_], report: Report = lambda _: None
) -> dict[str, NDArray[Any]]:
    """As :func:`train`; the arrays that a weights file holds."""
    report("fitting the star ratings")
    star_keys, star_rows, star_bias = _fit_stars(corpus, stars)
    report("fitting the labels of clauses")
    keep = texts[corpus.clauses.owner]
    groups = [text.group for text in corpus.labelled]
    chosen = Rows(*_part(corpus.clauses, keep))
    label_keys = choose(chosen, groups, *LABEL_SPREAD)
    rows = matrix(corpus.clauses, label_keys)
    out_of_fold = _out_of_fold(corpus, rows, keep)
    label_rows, label_bias = _fit_labels(rows[keep], corpus.truth[keep])
    report("fitting sentiment and parts")
    ratings = matrix(corpus.clauses, star_keys) @ star_rows
    verdict = _fit_verdict(corpus, texts, out_of_fold, ratings, star_bias)
    part_keys, part_values, part_bias = fit_parts([part for part in corpus.parts if texts[part.owner]], regression)
    seen = {digest(text.gold.text) for text, used in zip(corpus.labelled, texts, strict=True) if used}
    seen |= {digest(star.text) for star, used in zip(corpus.stars, stars, strict=True) if used}
    return {
        "label_keys": label_keys,
        "label_rows": label_rows.astype(np.float16),
        "star_keys": star_keys,
        "star_rows": star_rows.astype(np.float16),
        "bias": np.concatenate([label_bias, star_bias]).astype(np.float32),
        "verdict": verdict.astype(np.float32),
        "thresholds": np.array(_thresholds(corpus, texts, out_of_fold), np.float32),
        "part_keys": part_keys,
        "part_values": part_values.astype(np.float16),
        "part_bias": np.array(part_bias, np.float32),
        "abstain_below": np.array(_ABSTAIN_BELOW),
        "seen": np.array(sorted(seen)),
    }


def _part(rows: Rows, keep: NDArray[np.bool_]) -> tuple[Keys, Keys, Any, Keys]:
    used = keep[rows.row]
    return rows.row[used], rows.key[used], rows.value[used], rows.owner


def regression(**options: Any) -> Any:
    """A logistic regression to fit; the same data give the same one.

    Raises:
        SettingsError: When scikit-learn is not installed.
    """
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise SettingsError(
            "training needs scikit-learn, which is not installed", remedy="pip install 'kundenecho[train]'"
        ) from None
    return LogisticRegression(random_state=0, **options)


def _fit_stars(corpus: Corpus, stars: NDArray[np.bool_]) -> tuple[Keys, Floats, Floats]:
    part = Rows(*_part(corpus.star_rows, stars))
    keys = choose(part, [star.group for star in corpus.stars], *STAR_SPREAD)
    model = regression(C=STAR_C, max_iter=80, tol=3e-3, class_weight="balanced")
    labels = np.array([star.label for star in corpus.stars])[stars]
    model.fit(matrix(corpus.star_rows, keys, stars), labels)
    return keys, model.coef_.T, model.intercept_


def _fit_labels(rows: Any, truth: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    coefficients = np.zeros((rows.shape[1], len(LABELS)))
    bias = np.full(len(LABELS), _NEVER)
    for column in range(len(LABELS)):
        if truth[:, column].sum() >= _RAREST:
            model = regression(C=LABEL_C, solver="liblinear", max_iter=60, tol=0.02)
            model.fit(rows, truth[:, column])
            coefficients[:, column], bias[column] = model.coef_[0], model.intercept_[0]
    return coefficients, bias


def inner_fold(text: LabelledText) -> int:
    """The inner fold of a text: all texts of one product together."""
    return crc32((text.gold.product or text.gold.text).encode("utf-8", "replace")) % INNER


def _out_of_fold(corpus: Corpus, rows: Any, keep: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Probabilities of each kept clause by models that did not see its product; zero elsewhere."""
    folds = np.array([inner_fold(text) for text in corpus.labelled])[corpus.clauses.owner]
    found = np.zeros(corpus.truth.shape, np.float32)
    for fold in range(INNER):
        coefficients, bias = _fit_labels(rows[keep & (folds != fold)], corpus.truth[keep & (folds != fold)])
        held = keep & (folds == fold)
        found[held] = 1 / (1 + np.exp(-(rows[held] @ coefficients + bias)))
    return found


def _fit_verdict(
    corpus: Corpus, texts: NDArray[np.bool_], labels: NDArray[np.float32], ratings: Floats, bias: Floats
) -> Floats:
    bounds = np.searchsorted(corpus.clauses.owner, np.arange(len(corpus.labelled) + 1))
    used = np.flatnonzero(texts)
    rows = []
    for at in used:
        part = slice(bounds[at], bounds[at + 1])
        stars = star_scores(ratings[part].astype(np.float32), corpus.lengths[part], bias.astype(np.float32))
        rows.append(verdict_inputs(corpus.rules[at], Scores(labels[part], *stars)))
    inputs = np.vstack(rows)[:, :-1]
    truth = np.array([SENTIMENTS.index(corpus.labelled[at].gold.sentiment) for at in used])
    mean, spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-6
    model = regression(C=VERDICT_C, max_iter=500)
    model.fit((inputs - mean) / spread, truth, sample_weight=np.where(truth == 1, _MIXED_WEIGHT, 1.0))
    slopes = model.coef_ / spread
    return np.vstack([slopes.T, model.intercept_ - slopes @ mean])


def _thresholds(corpus: Corpus, texts: NDArray[np.bool_], labels: NDArray[np.float32]) -> tuple[float, ...]:
    """Probabilities from which a rule's mention is kept and a new one added, for pairs and for defects.

    Tuned on out-of-fold probabilities of the texts that are not the project's own.
    """
    foreign = np.array([not text.own for text in corpus.labelled])
    tuned = texts & foreign if (texts & foreign).any() else texts
    found: list[float] = []
    spans = ((0, len(PAIRS), _KEPT[0]), (len(PAIRS), len(PAIRS) + len(DEFECT_TYPES), _KEPT[1]))
    for first, last, kept in spans:
        strongest = np.zeros((len(corpus.labelled), last - first), np.float32)
        truth = np.zeros(strongest.shape, np.bool_)
        np.maximum.at(strongest, corpus.clauses.owner, labels[:, first:last])
        np.logical_or.at(truth, corpus.clauses.owner, corpus.truth[:, first:last])
        best = max(_GRID, key=lambda threshold: _micro_f1(truth[tuned], strongest[tuned] >= threshold))
        found += [best * kept, best]
    return tuple(found)


def _micro_f1(truth: NDArray[np.bool_], said: NDArray[np.bool_]) -> float:
    return 2 * float((truth & said).sum()) / max(1.0, float(truth.sum() + said.sum()))


def write_weights(arrays: dict[str, NDArray[Any]], folder: Path) -> Path:
    """Write the weights file into a folder; the same arrays give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
    return path
