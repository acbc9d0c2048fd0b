"""Train the learned layer: a star model, a model for each label of a clause, a network, and the sentiment on top.

scikit-learn and thinc fit; what comes out are plain numpy arrays (:mod:`nlp.weights`). Everything is
deterministic: the same texts give the same weights.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from kundenecho.analysis import DEFECT_TYPES
from kundenecho.errors import SettingsError
from nlp.features import LABELS, PAIRS
from nlp.net import Net
from nlp.train_corpus import Corpus
from nlp.train_matrix import Keys, Rows, choose, matrix
from nlp.train_parts import fit_parts
from nlp.train_texts import FAIR, LabelledText, digest
from nlp.train_verdict import balanced, fit_verdict, teach
from nlp.weights import FILE, NET, Weights

#: Folds of the predictions that the sentiment learns from.
INNER: Final = 3
#: Texts and kinds of product that a feature must occur in, for labels and for stars.
LABEL_SPREAD: Final = (3, 2)
STAR_SPREAD: Final = (15, 2)
#: Inverse strengths of regularisation, chosen by cross-validation.
LABEL_C: Final = 0.3
STAR_C: Final = 2.0
#: Labels rarer than this in training are not learned.
_RAREST: Final = 4
#: Log-odds of a label that is not learned.
_NEVER: Final = -12.0
_GRID: Final = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)
_ABSTAIN_BELOW: Final = 0.45
#: Share of the threshold for new mentions from which those of the rules stay: pairs, defects.
_KEPT: Final = (0.9, 0.6)

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]
Report = Callable[[str], None]


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
    report("fitting the network")
    taught = teach(corpus, texts, stars, out_of_fold, (label_keys, label_rows, label_bias), regression)
    net = _fit_net(corpus, *taught, report)
    report("fitting sentiment and parts")
    ratings = matrix(corpus.clauses, star_keys) @ star_rows
    verdict = fit_verdict(corpus, texts, out_of_fold, (ratings, star_bias), _read_by(net, corpus), regression)
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
        **{NET + name: array for name, array in net.items()},
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
    labels = np.array([star.label for star in corpus.stars])
    clear = stars & (labels != FAIR)
    part = Rows(*_part(corpus.star_rows, clear))
    keys = choose(part, [star.group for star in corpus.stars], *STAR_SPREAD)
    model = regression(C=STAR_C, max_iter=80, tol=3e-3, class_weight="balanced")
    model.fit(matrix(corpus.star_rows, keys, clear), labels[clear])
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


def _fit_net(corpus: Corpus, rated: NDArray[np.int64], shares: NDArray[np.float32], report: Report) -> Arrays:
    from nlp.train_net import fit_net

    said = [corpus.star_said[at] for at in rated]
    return fit_net(corpus.vocabulary.features(), said, balanced(shares), report=report)


def _read_by(net: Arrays, corpus: Corpus) -> NDArray[np.float32]:
    """What a network reads in the annotated texts."""
    network = Net(net)
    lengths = np.array(list(map(len, corpus.said)))
    table = np.pad(network.words(*corpus.vocabulary.features()), ((1, 0), (0, 0)))
    return network.log_odds(table, 1 + np.concatenate(corpus.said).astype(np.int64), lengths)


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
    """Write the weights file into a folder, uncompressed since every start reads it; equal arrays give equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path
