"""The ``kundenecho`` engine: a German spaCy pipeline of this package's components."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from kundenecho.analysis import Analysis, FieldSpan, Mention, Moment, PersonalSpan, Sentiment, Term
from kundenecho.errors import SettingsError
from kundenecho.records import digest_json
from kundenecho.text import storable
from nlp import clauses, cues, language, learned, mentions, moments, personal, search, sentiment, signals, terms
from nlp.clauses import UNKNOWN
from nlp.engine import Text
from nlp.extensions import LANGUAGE, MENTIONS, MOMENTS, PERSONAL, PRODUCT, SIGNALS, TERMS, TITLE_CHARS, VERDICT
from nlp.lexicon import digests
from nlp.personal import is_touched
from nlp.tokenizer import TOKENIZER, Page
from nlp.weights import Weights

VERSION: Final = "1"
#: Modules whose factories make the pipeline. Order matters: each requires what earlier ones assign.
PARTS: Final = (language, clauses, search, cues, signals, mentions, learned, sentiment, personal, terms, moments)
COMPONENTS: Final = tuple(f"kundenecho_{part.__name__.rpartition('.')[2]}_v1" for part in PARTS)
#: Modules whose code decides the results, for the lineage.
_CODE: Final = (
    "arrays", "attitudes", "clauses", "constructions", "cues", "deeds", "dictionary", "extensions", "features",
    "fix_clauses", "fixes", "language", "learned", "lemmas", "lexicon", "mentions", "moments", "moods", "net", "nouns",
    "parts", "patterns", "personal", "personal_forms", "personal_names", "personal_patterns", "personal_reading",
    "personal_words", "pipeline", "places", "quotes", "recommended", "search", "sentences", "sentiment", "signals",
    "stated_rating", "terms", "tokenizer", "told", "verdict", "visits", "weights", "wordbank",
)  # fmt: skip
#: Components whose results no line of the contract holds.
_UNPRINTED: Final = ("kundenecho_personal_v1", "kundenecho_terms_v1", "kundenecho_moments_v1")
#: Texts whose spaCy objects live at the same time.
BATCH: Final = 256
#: Characters of a text that are analysed; a longer one is no opinion but an accident.
MAX_CHARS: Final = 50_000
MAX_TITLE_CHARS: Final = 1_000
_JOINT: Final = "\n"
_Placed = TypeVar("_Placed", Mention, Term)


class KundenechoEngine:
    """Analyses German feedback with lexicons and constructions; needs no model and no network.

    Args:
        model: A spaCy pipeline, directory or installed package, whose vocabulary and components run
            before ours; None for ``spacy.blank("de")``.
        weights: Trained weights in place of the shipped ones, for training and cross-validation.

    Raises:
        SettingsError: When the model is missing or not German.
    """

    name = "kundenecho"
    line_only = False

    def __init__(self, model: str | None = None, weights: Weights | None = None) -> None:
        self.model = model
        self._nlp = _build(model)
        if weights is not None:
            self.use(weights)

    def use(self, weights: Weights | None) -> None:
        """Analyse with these weights from now on; None: by the rules alone."""
        self._learner.weights = weights

    @property
    def seen(self) -> frozenset[str]:
        """Digests of the texts that the weights saw in training, see :func:`nlp.train_texts.digest`."""
        weights = self._learner.weights
        return weights.seen if weights else frozenset()

    @property
    def _learner(self) -> learned.LearnedLayer:
        layer: Any = self._nlp.get_pipe("kundenecho_learned_v1")
        return cast("learned.LearnedLayer", layer)

    def read(self, text: Text, until: str | None = None) -> Doc:
        """The Doc of one text, for training; ``until`` names the last component to run."""
        doc = self._doc(text)
        for name, component in self._nlp.pipeline:
            doc = component(doc)
            if name == until:
                break
        return doc

    def describe(self) -> dict[str, Any]:
        """Engine, code, lexicons, spaCy and settings, as JSON; equal for equal results."""
        meta = {name: value for name, value in self._nlp.meta.items() if name not in ("description", "url")}
        return {
            "engine": self.name,
            "version": VERSION,
            "code": _code_digest(),
            "data": digests(),
            "spacy": version("spacy"),
            "simplemma": version("simplemma"),
            "pipeline": digest_json([meta, self._nlp.config]),
            "model": self.model,
            "weights": self._learner.lineage,
            "components": list(self._nlp.pipe_names),
            "settings": {"max_chars": MAX_CHARS, "max_title_chars": MAX_TITLE_CHARS},
        }

    def analyse(self, texts: Iterable[Text]) -> Iterator[Analysis]:
        """Analyse texts lazily, one result for each, in order.

        Only the first :data:`MAX_CHARS` characters of a text and :data:`MAX_TITLE_CHARS` of a title
        are read. A text without any content gives language ``und`` and no sentiment. Memory is
        bounded: every batch of :data:`BATCH` texts has a memory zone of its own.
        """
        rest = iter(texts)
        while batch := list(islice(rest, BATCH)):
            with self._nlp.memory_zone(), _no_collection():
                results = list(map(_analysis, self._read_all(batch)))
            yield from results

    def _read_all(self, batch: Iterable[Text]) -> Iterable[Doc]:
        """What the components find in a batch of texts."""
        unwanted = _UNPRINTED if self.line_only else ()
        if self.model is not None:
            return self._nlp.pipe(map(self._doc, batch), batch_size=BATCH, disable=unwanted)
        # All components are ours: no Doc is needed to carry what they find, nor spaCy to hand it on.
        docs = [self._doc(text, Page) for text in batch]
        for name, component in self._nlp.pipeline:
            if name not in unwanted:
                piped = getattr(component, "pipe", None)
                docs = list(piped(docs, batch_size=BATCH) if piped else map(component, docs))
        return docs

    def _doc(self, text: Text, make: Callable[[str], Any] | None = None) -> Doc:
        title = storable((text.title or "")[:MAX_TITLE_CHARS])
        body = storable((text.text or "")[:MAX_CHARS])
        doc: Doc = (make or self._nlp.make_doc)(title + _JOINT + body if title else body)
        doc.user_data[TITLE_CHARS] = len(title)
        doc.user_data[PRODUCT] = text.product
        return doc


@contextmanager
def _no_collection() -> Iterator[None]:
    """Leave the cyclic garbage collector out while a batch is analysed.

    It would look at every object of the batch again and again; nearly all of them go by their count.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _build(model: str | None) -> Language:
    config = {"nlp": {"tokenizer": {"@tokenizers": TOKENIZER}}}
    if model is None:
        pipeline = spacy.blank("de", config=config)
        # Nothing here reads a token's shape and the like; to compute them for each new word of each batch would
        # take as long as to tokenize it.
        vocab: Any = pipeline.vocab
        vocab.lex_attr_getters = {}
    else:
        try:
            pipeline = spacy.load(model)
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"the spaCy model {model!r} cannot be loaded: {str(error).splitlines()[0]}",
                where="analysis.model",
                remedy="Install it or correct the path; without a model the built-in German pipeline is used",
            ) from None
        if pipeline.lang != "de":
            raise SettingsError(
                f"the spaCy model {model!r} is for {pipeline.lang!r}, not German",
                where="analysis.model",
                remedy="Name a German model",
            )
    for component in COMPONENTS:
        pipeline.add_pipe(component)
    return pipeline


def _code_digest() -> str:
    """Digest of the modules that decide the results, 16 hexadecimal digits: the version by content."""
    folder = Path(__file__).parent
    total = sha256()
    for module in _CODE:
        total.update(module.encode())
        total.update((folder / f"{module}.py").read_bytes())
    return total.hexdigest()[:16]


def _analysis(doc: Doc) -> Analysis:
    """Copy everything out of spaCy; offsets move from the Doc to the field."""
    data = doc.user_data
    language, personal = data.get(LANGUAGE, UNKNOWN), data.get(PERSONAL) or []
    verdict, signals = data.get(VERDICT), data.get(SIGNALS)
    if verdict is None or signals is None:
        return Analysis(language=language, personal=personal)
    title = data[TITLE_CHARS]
    terms = [_in_field(term, title) for term in data.get(TERMS) or ()]
    return Analysis(
        language=language,
        sentiment=Sentiment(verdict.label, verdict.score, verdict.confidence),
        abstained=verdict.abstained,
        recommend=signals.recommend,
        loyalty=signals.loyalty,
        question=signals.question,
        incentivised=_field_span(signals.incentivised, title) if signals.incentivised else None,
        recommend_at=_field_span(signals.recommend_at, title) if signals.recommend_at else None,
        loyalty_at=_field_span(signals.loyalty_at, title) if signals.loyalty_at else None,
        referral_at=_field_span(signals.referral_at, title) if signals.referral_at else None,
        fixes=[_field_span(span, title) for span in signals.fixes],
        mentions=[_in_field(mention, title) for mention in data[MENTIONS]],
        terms=_without_persons(terms, personal) if personal else terms,
        personal=personal,
        moments=[_moment_in_field(moment, title) for moment in data.get(MOMENTS) or ()],
    )


def _without_persons(terms: Sequence[Term], personal: Sequence[PersonalSpan]) -> list[Term]:
    """What names a person is nothing that texts talk of; ``personal`` stands in order, none overlapping another."""
    spans = {name: [(at.start, at.end) for at in personal if at.field == name] for name in ("title", "text")}
    return [term for term in terms if not is_touched(spans[term.field], term.start, term.end)]


def _field_span(span: tuple[int, int], title: int) -> FieldSpan:
    field, shift = _place(span[0], title)
    return FieldSpan(field, span[0] - shift, span[1] - shift)


def _in_field(mention: _Placed, title: int) -> _Placed:
    mention.field, shift = _place(mention.evidence[0], title)
    mention.evidence = (mention.evidence[0] - shift, mention.evidence[1] - shift)
    if mention.start is not None and mention.end is not None:
        mention.start, mention.end = mention.start - shift, mention.end - shift
    return mention


def _moment_in_field(moment: Moment, title: int) -> Moment:
    moment.field, shift = _place(moment.evidence[0], title)
    moment.evidence = (moment.evidence[0] - shift, moment.evidence[1] - shift)
    moment.quote = (moment.quote[0] - shift, moment.quote[1] - shift)
    return moment


def _place(offset: int, title: int) -> tuple[str, int]:
    """Field of an offset into the Doc, and what to subtract from it."""
    if title and offset < title:
        return "title", 0
    return "text", title + len(_JOINT) if title else 0
