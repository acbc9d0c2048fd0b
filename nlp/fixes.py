"""What a customer says helped: a means and what came of it, in one sentence or in two that follow each other.

"Filter ausgeklopft, läuft wieder." A way of using, a service that helped and a means that failed are no fix.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Final

from spacy.tokens import Doc

from nlp.clauses import Clause, Words
from nlp.cues import Hit
from nlp.deeds import fix_words, is_deed, is_infinitive
from nlp.extensions import HITS, TITLE_CHARS, WORDS
from nlp.fix_clauses import (
    CURT,
    DEED,
    SUCCESS,
    follows,
    forms_of_clause,
    holds,
    is_bare,
    is_curt,
    is_deed_clause,
    is_last_resort,
    is_narrated,
    is_tied_only,
    steps_of,
    succeeds,
)  # fmt: skip
from nlp.lexicon import word_sets
from nlp.sentences import Sentence, offsets

#: Without one of these a sentence tells no fix, unless it announces one.
_TELLING: Final = frozenset(
    ("plain", "plain_weak", "done", "gone", "vanished", "no_more", "works", "problem", "missing")
)
#: Constructions one of which a success holds.
_ENDED: Final = frozenset(("done", "gone", "vanished"))
_LAST_RESORT: Final = frozenset(("bis", "erst"))
_HELPING: Final = frozenset(("hilft", "half", "geholfen"))
#: Characters between two sentences that are told as one fix.
_JOINED: Final = 2
#: Longest sentence in tokens that is read as a fix.
_LONGEST: Final = 32


def find_fixes(doc: Doc, sentences: Sequence[Sentence]) -> list[tuple[int, int]]:
    """Offsets into the Doc of the sentences that tell what helped.

    Args:
        doc: A text with ``words``, ``hits`` and ``title_chars``.
        sentences: Its sentences.

    Returns:
        One span for each fix, sentences that touch joined; in order.
    """
    words: Words = doc.user_data[WORDS]
    hits: Sequence[Hit] = doc.user_data[HITS]
    broken = frozenset(hit.clause.first for hit in hits if hit.defect is not None)
    bad = frozenset(hit.clause.first for hit in hits if hit.score < 0)
    spans: list[tuple[int, int]] = []
    for number, sentence in enumerate(sentences):
        before = sentences[number - 1] if number else None
        first = _fix(words, sentence, before, broken, bad)
        if first is None:
            continue
        title = doc.user_data.get(TITLE_CHARS, 0)
        last = offsets(words, sentence.first, sentence.last)
        span = offsets(words, first.first, first.last)[0], last[1]
        if (span[0] < title) != (last[0] < title):
            span = last
        same_field = bool(spans) and (spans[-1][0] < title) == (span[0] < title)
        if same_field and span[0] - spans[-1][1] <= _JOINED:
            spans[-1] = (spans[-1][0], span[1])
        else:
            spans.append(span)
    return spans


def _fix(
    words: Words, sentence: Sentence, before: Sentence | None, broken: AbstractSet[int], bad: AbstractSet[int]
) -> Sentence | None:
    """The sentence that a fix begins with, this one or the one before it; None for no fix.

    ``broken`` are the first tokens of clauses that name a defect, ``bad`` of those that say something bad.
    """
    helps, announced = _helps(words, sentence), _announces(words, sentence)
    if not (helps or announced or any(found.signal in _TELLING for found in sentence.found)):
        return None
    if sentence.last - sentence.first > _LONGEST or sentence.has("veto") or _is_open(words, sentence):
        return None
    plain = sentence.has("plain")
    weak = sentence.has("plain_weak") or announced or helps
    steps = steps_of(words, sentence)
    ended = any(found.signal in _ENDED for found in sentence.found)
    success = [clause for clause in steps if succeeds(words, sentence, clause, broken)] if ended else []
    curt = [clause for clause in steps if is_curt(words, sentence, clause, bad)]
    if any(_turns(words, sentence, clause, broken, bad) for clause in sentence.clauses[1:]):
        return sentence
    last_resort = not _LAST_RESORT.isdisjoint(words.folded[sentence.first : sentence.last])
    if not (plain or success or curt or weak or last_resort):
        return None
    deeds = [clause for clause in steps if is_deed_clause(words, clause)]
    problem = _problem(words, sentence, before, broken) or (bool(curt) and is_narrated(words, sentence.clauses[0]))
    if last_resort and problem and any(is_last_resort(words, sentence, deed) for deed in deeds):
        return sentence
    if not (plain or success or curt or weak):
        return None
    if plain or (weak and (success or (problem and deeds) or (not announced and (problem or deeds)))):
        return sentence
    done = [] if is_tied_only(words, deeds) else deeds
    if (problem or done) and any(follows(words, deed, end) for deed in deeds for end in success):
        return sentence
    told = [one for one in (before, sentence) if one is not None]
    suffered = any(is_narrated(words, one.clauses[0]) or any(c.first in broken for c in one.clauses) for one in told)
    if problem and suffered and any(deed.last <= end.first for deed in done for end in curt):
        return sentence
    well = [clause for clause in success if holds(sentence, clause, ("done", "gone"))]
    if problem and any(holds(sentence, clause, ("means",)) for clause in well):
        return sentence
    gone = [clause for clause in success if holds(sentence, clause, ("gone", "vanished"))]
    ends = gone + [clause for clause in curt if problem and holds(sentence, clause, ("no_more",))]
    if any(is_bare(words, step) and step.last <= end.first for step in steps for end in ends):
        return sentence
    # "Seitdem läuft es" points to the sentence before it.
    pointing = bool(success) and words.folded[sentence.first] in fix_words()["pointing"]
    return before if pointing and before is not None and _tells_deed(words, before) else None


def _tells_deed(words: Words, sentence: Sentence) -> bool:
    if sentence.has("veto") or sentence.last - sentence.first > _LONGEST:
        return False
    return any(
        is_deed_clause(words, one) and any(map(is_deed, forms_of_clause(words, one))) for one in sentence.clauses
    )


def _is_open(words: Words, sentence: Sentence) -> bool:
    """A question, a wish or a possibility."""
    if sentence.last < len(words.text) and words.text[sentence.last].startswith("?"):
        return True
    if words.folded[sentence.first] in fix_words()["indirect"]:
        return True
    forms = words.folded[sentence.first : sentence.last]
    return not _open_words().isdisjoint(forms)


@cache
def _open_words() -> AbstractSet[str]:
    found: AbstractSet[str] = word_sets()["hypothetical"] - fix_words()["not_open"]
    return found


def _announces(words: Words, sentence: Sentence) -> bool:
    """ "Mein Tipp: …" """
    first = sentence.first
    if ":" not in words.text[first + 1 : first + 3]:
        return False
    opening = range(first, min(first + 2, sentence.last))
    return any(words.folded[at] in fix_words()["announced"] and words.text[at + 1 : at + 2] == [":"] for at in opening)


def _helps(words: Words, sentence: Sentence) -> bool:
    """A deed as the subject of helping: "kräftig schütteln hilft", "Entlüften hat geholfen"."""
    if _HELPING.isdisjoint(words.folded[sentence.first : sentence.last + 2]):
        return False
    return any(
        words.folded[at] in ("hilft", "half", "hat") and is_infinitive(words.folded[at - 1])
        for at in range(sentence.first + 1, sentence.last)
        if words.folded[at] != "hat" or "geholfen" in words.folded[at : at + 3]
    )


def _turns(words: Words, sentence: Sentence, clause: Clause, broken: AbstractSet[int], bad: AbstractSet[int]) -> bool:
    """Behind a problem of the past, a means with which it is well: "der Turm wackelte, mit Klebeband steht er"."""
    opening = words.folded[clause.first : clause.first + 2]
    means = opening[0] in ("mit", "durch", "dank") or (
        opening[0] == "nach" and opening[1:2] in (["dem"], ["der"], ["einem"], ["einer"])
    )
    told = [before for before in sentence.clauses if before.last <= clause.first]
    if not means or not told or clause.first in bad or len(forms_of_clause(words, clause)) > DEED:
        return False
    named = any(before.first in broken for before in told) or any(
        found.signal == "problem" and found.last < clause.first for found in sentence.found
    )
    if not named:
        return False
    if holds(sentence, clause, ("no_more", "gone")):
        return True
    well = word_sets()["negators"].isdisjoint(words.folded[clause.first : clause.last])
    return well and any(is_narrated(words, before) for before in told)


def _problem(words: Words, sentence: Sentence, before: Sentence | None, broken: AbstractSet[int]) -> bool:
    """The sentence or the one before it tells of a problem, or of how things used to be."""
    for one in (sentence, before):
        if one is None:
            continue
        if one.has("gone") or any(clause.first in broken for clause in one.clauses):
            return True
        narrated = is_narrated(words, one.clauses[0])
        if one.has("problem") and (one is before or len(one.clauses) > 1 or narrated):
            return True
        brief = (
            len(forms_of_clause(words, one.clauses[0])) <= CURT if one is sentence else one.last - one.first <= SUCCESS
        )
        if one.has("missing") and (narrated or brief):
            return True
    return False
