"""Train the models of a scheme: what a text speaks of, where it names it, and what it says of it.

scikit-learn fits; plain numpy arrays come out (:mod:`nlp.scheme_model`). How far to trust each model is
learned from what they say of texts they did not see. The same texts give the same arrays.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from kundenecho.errors import DataError
from nlp.scheme import Scheme, SchemeText
from nlp.scheme_features import clause, form_block, pieces, place_blocks, text_blocks
from nlp.scheme_matrix import Columns, choose, fit, matrix, table
from nlp.scheme_model import FILE, PLACE_SCALES, TEXT_SCALES, WORD_SCALES, SchemeModel
from nlp.scheme_stack import Held, fit_categories, fit_polarities, read_held, tune_threshold
from nlp.scheme_vectors import Vectors, train_vectors
from nlp.train import regression
from nlp.train_texts import digest

#: Folds of the predictions that the stacking learns from.
FOLDS: Final = 5
#: Inverse strengths of regularisation, chosen by cross-validation on a training split.
TEXT_C: Final = 30.0
WORD_C: Final = 5.0
POLARITY_C: Final = 20.0
#: Texts that a feature must occur in.
_SPREAD: Final = 2
#: How much the vectors of like words count beside the words themselves.
_MEANING: Final = 0.05
#: Characters of an unlabelled text that are read.
_MOST_CHARS: Final = 1_500

Mask = NDArray[np.bool_]
Arrays = dict[str, NDArray[Any]]
Report = Callable[[str], None]


class Opinion(NamedTuple):
    """One category that a text speaks of: text, category, polarity, and the word that names it, None for unknown."""

    text: int
    category: int
    polarity: int
    at: int | None


@dataclass(slots=True)
class Examples:
    """Texts read once, from which any subset can be trained on.

    Attributes:
        forms: Words of each text. blocks: Their features.
        named: For each text and word the categories it names.
        pairs: For each text the category and polarity numbers it says.
        opinions: The first mention of each category in each text.
    """

    scheme: Scheme
    texts: list[SchemeText]
    forms: list[list[str]]
    blocks: list[list[list[int]]]
    named: list[list[set[int]]]
    pairs: list[set[tuple[int, int]]]
    opinions: list[Opinion]

    @property
    def shape(self) -> tuple[int, int]:
        """How many categories and polarities there are."""
        return len(self.scheme.categories), len(self.scheme.polarities)


def read_examples(texts: Sequence[SchemeText], scheme: Scheme) -> Examples:
    """Cut the texts into words, and find the words that name each category."""
    found = Examples(scheme, list(texts), [], [], [], [], [])
    for number, text in enumerate(texts):
        words = pieces(text.text)
        named: list[set[int]] = [set() for _ in words]
        firsts: dict[int, Opinion] = {}
        behind: dict[str, int] = {}
        for mention in text.mentions:
            category = scheme.categories.index(mention.category)
            start = text.text.find(mention.target, behind.get(mention.target, 0)) if mention.target else -1
            at = None
            if mention.target and start >= 0:
                behind[mention.target] = end = start + len(mention.target)
                inside = [at for at, word in enumerate(words) if word.start < end and start < word.end]
                for place in inside:
                    named[place].add(category)
                at = inside[0] if inside else None
            firsts.setdefault(category, Opinion(number, category, scheme.polarities.index(mention.polarity), at))
        found.forms.append([word.form for word in words])
        found.blocks.append(text_blocks(found.forms[-1]))
        found.named.append(named)
        found.opinions += firsts.values()
        found.pairs.append(
            {(scheme.categories.index(one), scheme.polarities.index(other)) for one, other in text.pairs}
        )
    return found


def train_scheme(
    texts: Sequence[SchemeText], scheme: Scheme, unlabelled: Sequence[str] = (), report: Report = lambda _: None
) -> Arrays:
    """Train all models of a scheme.

    Args:
        texts: Annotated texts.
        scheme: Their labels.
        unlabelled: More texts, from which the vectors of like words are learned.
        report: Told what is done.

    Returns:
        The arrays of a :class:`nlp.scheme_model.SchemeModel`.

    Raises:
        SettingsError: When scikit-learn is not installed.
    """
    regression()  # tells at once that scikit-learn is missing
    examples = read_examples(texts, scheme)
    report("word vectors")
    vectors = train_vectors([*examples.forms, *([word.form for word in pieces(text)] for text in unlabelled)])
    folds = np.array([crc32(digest(text.text).encode()) % FOLDS for text in texts])
    held: dict[int, Held] = {}
    for fold in range(FOLDS):
        if (folds == fold).any():
            report(f"fold {fold + 1} of {FOLDS}")
            model = SchemeModel(_fit_all(examples, folds != fold, vectors))
            held |= {
                number: read_held(model, examples.forms[number], {pair[0] for pair in examples.pairs[number]})
                for number in np.flatnonzero(folds == fold).tolist()
            }
    report("all texts")
    arrays = _fit_all(examples, np.ones(len(texts), np.bool_), vectors)
    read = [held[number] for number in range(len(texts))]
    opinions = [(read[one.text].leanings[one.category], one.category, one.polarity) for one in examples.opinions]
    arrays["category_stack"] = fit_categories(read, examples.pairs)
    arrays["polarity_stack"] = fit_polarities(opinions, *examples.shape)
    threshold, score = tune_threshold(read, examples.pairs, arrays, scheme.at_least_one)
    report(f"micro-F1 on texts held back {score:.3f}, from a probability of {threshold:.3f}")
    arrays["threshold"] = np.array(threshold)
    arrays["seen"] = np.array(sorted({digest(text.text) for text in texts} | {digest(text) for text in unlabelled}))
    return arrays


def _fit_all(examples: Examples, keep: Mask, vectors: Vectors) -> Arrays:
    """The models, without the stacking: it is neutral."""
    categories, polarities = examples.shape
    used = np.flatnonzero(keep).tolist()
    blocks = [examples.blocks[number] for number in used]
    columns = choose(blocks, _SPREAD)
    truth = np.array([[bool({c} & {p[0] for p in examples.pairs[n]}) for c in range(categories)] for n in used])
    category_rows, category_bias = fit(matrix(blocks, columns, TEXT_SCALES), truth, TEXT_C)
    arrays, leaning_rows, polarity_bias = _fit_polarity(examples, keep, columns, vectors)
    words, word_bias = _fit_words(examples, used)
    return {
        **arrays,
        **words,
        **table("text", columns, np.hstack([category_rows, leaning_rows])),
        "category_bias": category_bias.astype(np.float32),
        "polarity_bias": polarity_bias.astype(np.float32),
        "word_bias": word_bias.astype(np.float32),
        "category_stack": np.tile([1.0, 0.0, 0.0], (categories, 1)),
        "polarity_stack": np.tile(np.eye(polarities + 1)[:, :polarities], (categories, 1, 1)),
        "threshold": np.array(0.5),
        "scheme": np.array(examples.scheme.to_json()),
        "seen": np.zeros(0, "U16"),
    }


def _fit_words(examples: Examples, used: Sequence[int]) -> tuple[Arrays, Any]:
    """Which words name a category; a word counts as often as it does and as it does not."""
    total: Counter[str] = Counter()
    naming: Counter[tuple[str, int]] = Counter()
    for number in used:
        for form, named in zip(examples.forms[number], examples.named[number], strict=True):
            total[form] += 1
            naming.update((form, category) for category in named)
    categories = examples.shape[0]
    forms = sorted(total) if naming else []
    blocks = [[form_block(form)] for form in forms]
    columns = choose(blocks, 1)
    yes = np.array([[naming[form, category] for category in range(categories)] for form in forms])
    yes = yes.reshape(len(forms), categories)
    often = np.array([total[form] for form in forms]).reshape(-1, 1)
    # Each form stands twice: once as naming the category, once as not, each as often as it occurs so.
    rows = matrix(blocks + blocks, columns, WORD_SCALES)
    truth = np.vstack([np.ones_like(yes, np.bool_), np.zeros_like(yes, np.bool_)])
    word_rows, word_bias = fit(rows, truth, WORD_C, np.vstack([yes, often - yes]).astype(np.float64))
    return table("word", columns, word_rows), word_bias


def _fit_polarity(examples: Examples, keep: Mask, text: Columns, vectors: Vectors) -> tuple[Arrays, Any, Any]:
    """What is said of each category: arrays, and the part of the text's own words."""
    opinions = [one for one in examples.opinions if keep[one.text]]
    polarities = examples.shape[1]
    places = [place_blocks(examples.forms[one.text], one.at, one.category) for one in opinions]
    columns = choose(places, _SPREAD)
    meanings = np.zeros((max(1, len(opinions)), 2 * vectors.rows.shape[1]))
    for row, one in enumerate(opinions):
        meanings[row] = _meaning(examples.forms[one.text], one.at, vectors)
    spread = meanings.std(axis=0) + 1e-6
    from scipy.sparse import csr_matrix, hstack

    inputs = [
        matrix([examples.blocks[one.text] for one in opinions], text, TEXT_SCALES),
        matrix(places, columns, PLACE_SCALES),
        csr_matrix(((meanings - meanings.mean(axis=0)) / spread * _MEANING)[: len(opinions)]),
    ]
    truth = np.array([[one.polarity == label for label in range(polarities)] for one in opinions], np.bool_)
    rows, bias = fit(hstack(inputs).tocsr(), truth.reshape(-1, polarities), POLARITY_C)
    leaning, place, meaning = np.split(rows, np.cumsum([len(text.keys), len(columns.keys)]))
    meaning *= _MEANING / spread[:, np.newaxis]
    bias -= meanings.mean(axis=0) @ meaning
    # A mean of vectors times weights is the mean of the words' own products: the vectors need not be kept.
    halves = [vectors.rows @ half for half in np.split(meaning, 2)]
    arrays = {
        **table("place", columns, place),
        "meaning_keys": vectors.keys,
        "meaning_rows": np.hstack(halves).astype(np.float16),
    }
    return arrays, leaning, bias


def _meaning(forms: list[str], at: int | None, vectors: Vectors) -> NDArray[np.float32]:
    first, last = (0, 0) if at is None else clause(forms, at)
    return np.concatenate([vectors.mean(forms), vectors.mean(forms[first:last])])


def read_unlabelled(folder: Path, scheme: Scheme) -> list[str]:
    """The ``text``, behind its ``title``, of the lines of the JSON lines files in a folder.

    Lines that the scheme takes for annotated are passed over: they are kept for evaluation.

    Raises:
        DataError: At the first line that is no JSON.
    """
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
            try:
                row = json.loads(line.decode("utf-8")) if line.strip() else None
            except (ValueError, RecursionError):
                raise DataError(
                    "not readable as UTF-8 JSON", where=f"{path}:{number}", remedy="Correct or remove the line"
                ) from None
            if isinstance(row, dict) and scheme.mentions not in row:
                parts = [row.get("title"), row.get("text")]
                found.append("\n".join(part for part in parts if isinstance(part, str))[:_MOST_CHARS])
    return [text for text in found if text.strip()]


def write_scheme_model(arrays: Arrays, folder: Path) -> Path:
    """Write the model into a folder; the same arrays give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
    return path
