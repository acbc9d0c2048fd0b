"""Mentions: one opinion about one aspect, with its target, component, defect and evidence."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Final

from spacy.language import Language
from spacy.tokens import Doc

from kundenecho.analysis import Mention
from nlp.clauses import Clause, Words
from nlp.cues import Hit
from nlp.extensions import CLAUSES, HITS, MENTIONS, PRODUCT, SIGNALS, WORDS
from nlp.lemmas import lemma
from nlp.lexicon import word_sets
from nlp.nouns import ASPECTS_OF, Noun, aspect_of, is_whole, nouns, target, whole_nouns
from nlp.signals import Signals

#: Confidence by kind of evidence; measured precision on annotated reviews, rounded.
_DEFECT, _DEFECT_WITH_PART, _OPINION, _UNCERTAIN = 0.8, 0.85, 0.65, 0.4
#: Touchpoint that an aspect belongs to where the words name no other.
TOUCHPOINTS: Final = {"delivery": "delivery", "packaging": "packaging", "service": "support", "cleaning": "cleaning"}
#: Aspects of the praise that a recommendation of a part stands for.
_OF_A_PART: Final = ("overall", "quality")
#: Scores nearer to zero than this are neutral.
_NEUTRAL: Final = 0.15


def find_mentions(doc: Doc) -> list[Mention]:
    """The mentions of a Doc; offsets into the Doc's text, ``field`` not yet decided."""
    data = doc.user_data
    words: Words = data[WORDS]
    whole: AbstractSet[str] | None = None
    found: dict[tuple[str, str | None, str, str | None], tuple[Hit, Mention]] = {}
    groups: dict[int, list[Noun]] = {}
    clauses: list[Clause] = data[CLAUSES]
    for hit in data[HITS]:
        if hit.cue.hint or _is_background(hit):
            continue
        if whole is None:
            whole = whole_nouns(words, clauses, data[HITS], data.get(PRODUCT))
        group = groups.get(hit.clause.first)
        if group is None:
            group = groups[hit.clause.first] = nouns(words, hit.clause)
        mention = _mention(words, data[SIGNALS], hit, group, whole)
        key = (mention.aspect, mention.component, mention.polarity, mention.defect)
        if key not in found or found[key][0].cue.announce:
            found[key] = (hit, mention)
    return _without_vaguer(_without_announcements(list(found.values())))


def _is_background(hit: Hit) -> bool:
    """Other products and mere possibilities; a wish for better is still an opinion."""
    if hit.clause.elsewhere:
        return True
    return hit.clause.hypothetical and (hit.defect is not None or hit.score > 0)


def _mention(words: Words, signals: Signals, hit: Hit, group: list[Noun], whole: AbstractSet[str]) -> Mention:
    first = hit.clause.first
    noun = target(words, group, hit)
    named = _aspect_noun(words, group, hit)
    aspect = hit.cue.aspect
    component = None
    if noun is not None and hit.cue.part and not hit.cue.verdict:
        name = lemma(words.text[noun.at])
        component = None if is_whole(name, whole) else name
    if aspect == "*":
        aspect, noun, component = _open_aspect(words, hit, named, noun, component)
    elif noun is None and named is not None and aspect_of(words.folded[named.at]) == aspect:
        noun = named
    if hit.defect is None and aspect not in ("quality", "function", "usability", "cleaning", "smell_taste", "design"):
        component = None
    return Mention(
        field="text",
        aspect=aspect,
        polarity="neu" if abs(hit.score) < _NEUTRAL or hit.cue.neutral else "pos" if hit.score > 0 else "neg",
        evidence=clause_evidence(words, hit.clause),
        target=words.text[noun.at] if noun else None,
        start=words.start[noun.at] if noun else None,
        end=words.end(noun.at) if noun else None,
        component=component,
        defect=hit.defect,
        confidence=_confidence(hit, component),
        touchpoint=signals.touchpoints.get(first) or hit.cue.touchpoint or TOUCHPOINTS.get(aspect),
        emotion=signals.emotions.get(first) or (hit.cue.emotion if not hit.negated else None),
        expectation=signals.expectations.get(first) or (hit.cue.expectation if not hit.negated else None),
    )


def _open_aspect(
    words: Words, hit: Hit, named: Noun | None, noun: Noun | None, component: str | None
) -> tuple[str, Noun | None, str | None]:
    if named is not None:
        return aspect_of(words.folded[named.at]) or "overall", named, None
    if component is not None and noun is not None and noun.at > hit.at[-1]:
        return "overall", noun, None
    if component is not None:
        return "quality", noun, component
    return "overall", noun, None


def _aspect_noun(words: Words, group: list[Noun], hit: Hit) -> Noun | None:
    """The general noun ("Geruch", "Lieferung") nearest to the cue, in any case and without capitals too."""
    first = hit.clause.first
    places = [
        at
        for at, aspect in enumerate(map(ASPECTS_OF.__getitem__, words.folded[first : hit.clause.last]), first)
        if aspect and (words.text[at][0].isupper() or not words.cased)
    ]
    if not places:
        return None
    at = min(places, key=lambda place: min(abs(place - mine) for mine in hit.at))
    return next((noun for noun in group if noun.at == at), Noun(at))


def with_parts(doc: Doc, mentions: list[Mention]) -> list[Mention]:
    """The mentions and, for each part that is recommended, one that praises it.

    A verdict on the whole that rests on the same clause is that on the part.
    """
    data = doc.user_data
    signals: Signals = data[SIGNALS]
    if not signals.parts:
        return mentions
    words: Words = data[WORDS]
    found = list(mentions)
    for clause in data[CLAUSES]:
        if clause.first in signals.parts:
            mention = _of_part(words, signals, clause, signals.parts[clause.first])
            found = [m for m in found if m.evidence != mention.evidence or not _is_told_by(m, mention)]
            found.append(mention)
    return sorted(found, key=lambda mention: mention.evidence)


def _is_told_by(mention: Mention, part: Mention) -> bool:
    """Praise of nothing else than the part."""
    return mention.polarity == "pos" and mention.component in (None, part.component) and mention.aspect in _OF_A_PART


def _of_part(words: Words, signals: Signals, clause: Clause, noun: int) -> Mention:
    first, inside = clause.first, clause.first <= noun < clause.last
    return Mention(
        field="text",
        aspect="quality",
        polarity="pos",
        evidence=clause_evidence(words, clause),
        target=words.text[noun] if inside else None,
        start=words.start[noun] if inside else None,
        end=words.end(noun) if inside else None,
        component=lemma(words.text[noun]),
        confidence=_OPINION,
        touchpoint=signals.touchpoints.get(first),
        emotion=signals.emotions.get(first),
        expectation=signals.expectations.get(first),
    )


def clause_evidence(words: Words, clause: Clause) -> tuple[int, int]:
    """The clause without the conjunction it begins with and without blanks at its ends."""
    sets = word_sets()
    first, last = clause.first, clause.last
    while first < last - 1 and (
        words.text[first].isspace() or words.folded[first] in sets["coordinators"] or words.folded[first] == "aber"
    ):
        first += 1
    while last > first + 1 and words.text[last - 1].isspace():
        last -= 1
    return words.start[first], words.end(last - 1)


def _confidence(hit: Hit, component: str | None) -> float:
    if hit.clause.hypothetical or abs(hit.score) < _NEUTRAL:
        return _UNCERTAIN
    if hit.defect is not None:
        return _DEFECT_WITH_PART if component else _DEFECT
    return _OPINION


def _without_announcements(found: list[tuple[Hit, Mention]]) -> list[Mention]:
    """A recommendation or an announced repurchase is a mention only where nothing else is said."""
    opinions = [mention for hit, mention in found if not hit.cue.announce]
    return opinions or [mention for _, mention in found]


def _without_vaguer(mentions: list[Mention]) -> list[Mention]:
    """A defect without a component is left out where the text names the component elsewhere."""
    located = {mention.defect for mention in mentions if mention.component}
    return [m for m in mentions if m.defect is None or m.component or m.defect not in located]


@Language.factory(
    "kundenecho_mentions_v1",
    assigns=["doc._.mentions"],
    requires=["doc._.words", "doc._.clauses", "doc._.hits", "doc._.signals"],
)
def create_mentions(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """Component that sets ``doc._.mentions``."""

    def component(doc: Doc) -> Doc:
        if doc.user_data.get(HITS) is not None:
            doc.user_data[MENTIONS] = with_parts(doc, find_mentions(doc))
        return doc

    return component
