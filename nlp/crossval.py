"""Cross-validation: every text is analysed by weights that saw neither it nor its product.

For each fold everything is trained anew: the star model and the network without the fold's texts and without any
review of the fold's products, the labels, the thresholds, the network's teacher and the sentiment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kundenecho.analysis import Analysis
from kundenecho.errors import SettingsError
from nlp.engine import Text
from nlp.pipeline import KundenechoEngine
from nlp.train import train
from nlp.train_corpus import Corpus, read_corpus
from nlp.train_texts import LabelledText, StarText, digest, read_labelled, read_stars, without

FOLDS: Final = 5
#: What texts are held back together by.
UNITS: Final = ("product", "category", "file")
#: The project's own texts, in a checkout.
OWN_TEXTS: Final = Path(__file__).resolve().parents[1] / "training" / "texts"


def training_files(gold: Path, data: Path | None) -> tuple[list[Path], list[Path], Path | None]:
    """What is trained on where nothing is named: gold files beside the one scored, own texts, ``data`` beside them.

    One of the project's own texts is scored by weights from the other ones.

    Returns:
        Gold files, the scored one first; own texts; the folder of rated texts or None.
    """
    own = own_texts()
    if gold.resolve() in own:
        return [gold], [path for path in own if path != gold.resolve()], data
    others = [path for path in sorted(gold.parent.glob("*.jsonl")) if path.resolve() != gold.resolve()]
    beside = gold.resolve().parent.parent / "data"
    return [gold, *others], own, data or (beside if beside.is_dir() else None)


def own_texts() -> list[Path]:
    """The files of the project's own texts with all labels, none outside a checkout."""
    return sorted(OWN_TEXTS.glob("goods_*.jsonl"))


def cross_validate(
    gold: Path, unit: str, data: Path | None = None, report: Callable[[str], None] = lambda _: None
) -> list[Analysis]:
    """Analyse each text of a gold file by weights that were trained without its unit.

    Args:
        gold: The file; gold files beside it and the project's own texts are trained on too.
        unit: ``product``, ``category`` or ``file``: the whole file is held back.
        data: Folder of rated texts; None for the folder ``data`` beside that of the gold file.
        report: Told what is done.

    Returns:
        An analysis for each text, in order.

    Raises:
        SettingsError: For an unknown unit, or without scikit-learn.
        DataError: When a sentiment or a class of ratings has no text.
    """
    if unit not in UNITS:
        raise SettingsError(f"cannot cross-validate by {unit!r}", remedy=f"Choose one of: {', '.join(UNITS)}")
    files, own, folder = training_files(gold, data)
    labelled = read_labelled(files, own=False) + read_labelled(own, own=True)
    scored = len(read_labelled([gold], own=False))
    stars = without(read_stars(folder) if folder else [], [text.gold.text for text in labelled], [])
    report(f"{len(labelled)} annotated and {len(stars)} rated texts are read")
    corpus = read_corpus(labelled, stars, report)
    folds = fold_numbers(labelled[:scored], unit)
    engine = KundenechoEngine()
    found: dict[int, Analysis] = {}
    for fold in range(max(folds) + 1):
        report(f"fold {fold + 1} of {max(folds) + 1}")
        held = [at for at in range(scored) if folds[at] == fold]
        engine.use(train(corpus, *subset(corpus, [labelled[at] for at in held], unit)))
        texts = [Text(labelled[at].gold.text, product=labelled[at].gold.product) for at in held]
        found |= dict(zip(held, engine.analyse(texts), strict=True))
    return [found[at] for at in range(scored)]


def fold_numbers(texts: Sequence[LabelledText], unit: str) -> list[int]:
    """The fold of each text: units are kept whole and spread so that folds are about equally large."""
    if unit == "file":
        return [0] * len(texts)
    names = [_unit(text, unit) for text in texts]
    sizes = [0] * min(FOLDS, len(set(names)))
    place: dict[str, int] = {}
    for name, count in sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])):
        place[name] = sizes.index(min(sizes))
        sizes[place[name]] += count
    return [place[name] for name in names]


def _unit(text: LabelledText, unit: str) -> str:
    named = text.gold.product if unit == "product" else text.group
    return named or digest(text.gold.text)


def subset(corpus: Corpus, held: Sequence[LabelledText], unit: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which annotated and which rated texts may be trained on when some are held back."""
    texts = {digest(text.gold.text) for text in held}
    products = {text.gold.product for text in held if text.gold.product}
    groups = {text.gold.category for text in held} if unit != "product" else set()
    labelled = np.array([digest(text.gold.text) not in texts for text in corpus.labelled])
    kept: list[StarText] = corpus.stars
    stars = np.array([star.product not in products and star.group not in groups for star in kept])
    return labelled, stars
