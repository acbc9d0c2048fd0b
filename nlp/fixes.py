"""What a customer says helped: a means and what came of it, in one sentence or in two that follow each other.

"Filter ausgeklopft, läuft wieder." A way of using, a service that helped and a means that failed are no fix.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import cache
from typing import Final

from spacy.tokens import Doc

from nlp.clauses import Clause, Words
from nlp.cues import Hit
from nlp.deeds import finite_verbs, fix_words, is_deed, is_infinitive, is_preterite
from nlp.extensions import HITS, TITLE_CHARS, WORDS
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
#: Longest clause in words that tells a deed, a success, and a success that says nothing else.
_DEED, _SUCCESS, _CURT = 16, 11, 5


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
    steps = _steps(words, sentence)
    ended = any(found.signal in _ENDED for found in sentence.found)
    success = [clause for clause in steps if _succeeds(words, sentence, clause, broken)] if ended else []
    curt = [clause for clause in steps if _is_curt(words, sentence, clause, bad)]
    if any(_turns(words, sentence, clause, broken, bad) for clause in sentence.clauses[1:]):
        return sentence
    last_resort = not _LAST_RESORT.isdisjoint(words.folded[sentence.first : sentence.last])
    if not (plain or success or curt or weak or last_resort):
        return None
    deeds = [clause for clause in steps if _is_deed_clause(words, clause)]
    problem = _problem(words, sentence, before, broken) or (bool(curt) and _is_narrated(words, sentence.clauses[0]))
    if last_resort and problem and any(_is_last_resort(words, sentence, deed) for deed in deeds):
        return sentence
    if not (plain or success or curt or weak):
        return None
    if plain or (weak and (success or (problem and deeds) or (not announced and (problem or deeds)))):
        return sentence
    done = [] if _is_tied_only(words, deeds) else deeds
    if (problem or done) and any(_follows(words, deed, end) for deed in deeds for end in success):
        return sentence
    if problem and any(deed.last <= end.first for deed in done for end in curt):
        return sentence
    told = [clause for clause in success if _within(sentence, clause, ("done", "gone"))]
    if problem and any(_within(sentence, clause, ("means",)) for clause in told):
        return sentence
    gone = [clause for clause in success if _within(sentence, clause, ("gone", "vanished"))]
    ends = gone + [clause for clause in curt if problem and _within(sentence, clause, ("no_more",))]
    if any(_is_bare(words, step) and step.last <= end.first for step in steps for end in ends):
        return sentence
    # "Seitdem läuft es" points to the sentence before it.
    pointing = bool(success) and words.folded[sentence.first] in fix_words()["pointing"]
    return before if pointing and before is not None and _tells_deed(words, before) else None


def _tells_deed(words: Words, sentence: Sentence) -> bool:
    if sentence.has("veto") or sentence.last - sentence.first > _LONGEST:
        return False
    return any(_is_deed_clause(words, one) and any(map(is_deed, _forms(words, one))) for one in sentence.clauses)


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


def _forms(words: Words, clause: Clause) -> list[str]:
    return [form for form in words.folded[clause.first : clause.last] if form[0].isalnum()]


def _within(sentence: Sentence, clause: Clause, signals: Container[str]) -> bool:
    return any(
        found.signal in signals and clause.first <= found.first and found.last < clause.last for found in sentence.found
    )


def _succeeds(words: Words, sentence: Sentence, clause: Clause, broken: AbstractSet[int]) -> bool:
    if len(_forms(words, clause)) > _SUCCESS or words.folded[clause.first] in fix_words()["subordinate"] - {"dann"}:
        return False
    if _within(sentence, clause, ("gone", "vanished")):
        return True
    return not clause.elsewhere and clause.first not in broken and _within(sentence, clause, ("done",))


def _turns(words: Words, sentence: Sentence, clause: Clause, broken: AbstractSet[int], bad: AbstractSet[int]) -> bool:
    """Behind a problem of the past, a means with which it is well: "der Turm wackelte, mit Klebeband steht er"."""
    opening = words.folded[clause.first : clause.first + 2]
    means = opening[0] in ("mit", "durch", "dank") or (
        opening[0] == "nach" and opening[1:2] in (["dem"], ["der"], ["einem"], ["einer"])
    )
    told = [before for before in sentence.clauses if before.last <= clause.first]
    if not means or not told or clause.first in bad or len(_forms(words, clause)) > _DEED:
        return False
    named = any(before.first in broken for before in told) or any(
        found.signal == "problem" and found.last < clause.first for found in sentence.found
    )
    if not named:
        return False
    if _within(sentence, clause, ("no_more", "gone")):
        return True
    well = word_sets()["negators"].isdisjoint(words.folded[clause.first : clause.last])
    return well and any(_is_narrated(words, before) for before in told)


def _is_narrated(words: Words, clause: Clause) -> bool:
    """The clause is told in the past tense."""
    forms = _forms(words, clause)[:4]
    return any(is_preterite(form) for form in forms)


def _is_curt(words: Words, sentence: Sentence, clause: Clause, broken: AbstractSet[int]) -> bool:
    """A success that says nothing else: "läuft", "Ruhe", "dann ging es"."""
    forms = _forms(words, clause)
    if forms[:1] and forms[0] in fix_words()["indirect"]:
        return False
    if not 0 < len(forms) <= _CURT or clause.first in broken:
        return False
    if _within(sentence, clause, ("no_more",)):
        return True
    if not fix_words()["no_success"].isdisjoint(forms):
        return False
    if _within(sentence, clause, ("works", "done", "gone", "vanished")):
        return True
    if clause.last != sentence.last:
        return False
    named = any(found.signal == "problem" and found.last < clause.first - 1 for found in sentence.found)
    verb_first = forms[0].endswith("t") and words.text[clause.first].islower() and not is_deed(forms[0])
    behind = clause.first > sentence.clauses[0].first
    return verb_first and behind and (named or _is_narrated(words, sentence.clauses[0]))


def _is_deed_clause(words: Words, clause: Clause) -> bool:
    """A clause that tells what was done: by the author, or without any finite verb.

    "Habe die Leitung gereinigt", "nachdem ich sie gereinigt habe", "Filter ausgeklopft", "neu
    koppeln", "einmal rein"; and "steckt man ihn aus".
    """
    forms = _forms(words, clause)
    if not 1 <= len(forms) <= _DEED or not word_sets()["negators"].isdisjoint(forms):
        return False
    verbs = finite_verbs()
    own = not fix_words()["own"].isdisjoint(forms)
    if any(is_deed(form) for form in forms):
        return own or verbs.isdisjoint(forms)
    finite = not verbs.isdisjoint(forms[:-1])
    if forms[0] in fix_words()["ties"] and own:
        return True
    last = forms[-1]
    if (
        len(forms) > 1
        and forms[0] not in fix_words()["subordinate"]
        and (is_infinitive(last) or last in ("lassen", "machen", "halten"))
        and "zu" not in forms
    ):
        asked = "muss" in forms and "man" in forms
        return words.text[clause.last - 1].islower() and (asked or not finite)
    if len(forms) > 1 and forms[1] == "man" and clause.opens:
        return True
    return len(forms) > 1 and last in fix_words()["particles"] and not finite and fix_words()["fits"].isdisjoint(forms)


def _follows(words: Words, deed: Clause, success: Clause) -> bool:
    """The success stands behind the deed, or before a deed that is tied to it."""
    if deed is success:
        return False
    forms = _forms(words, deed)
    tied = any(map(is_deed, forms)) and not fix_words()["since"].isdisjoint(forms[:2])
    return deed.last <= success.first or tied or words.text[success.last : success.last + 1] == [":"]


def _steps(words: Words, sentence: Sentence) -> list[Clause]:
    """The clauses, cut once more behind a deed or a means: "Kontakte abgewischt und das Knacken war weg"."""
    sets = word_sets()
    steps: list[Clause] = []
    for clause in sentence.clauses:
        first = clause.first
        for at in range(clause.first + 1, clause.last - 1):
            before = words.folded[at - 1]
            if words.folded[at] not in sets["coordinators"]:
                continue
            bare = finite_verbs().isdisjoint(words.folded[first:at])
            if bare or is_deed(before) or before in fix_words()["particles"]:
                steps.append(replace(clause, first=first, last=at))
                first = at + 1
        steps.append(replace(clause, first=first) if first != clause.first else clause)
    return steps


def _is_last_resort(words: Words, sentence: Sentence, deed: Clause) -> bool:
    """It was so "until I cleaned it", or got better "only after I had cleaned it"."""
    forms = _forms(words, deed)
    if deed.first == sentence.first or not any(map(is_deed, forms)) or fix_words()["own"].isdisjoint(forms):
        return False
    only = "erst" in words.folded[sentence.first : deed.first]
    return forms[0] == "bis" or (only and forms[0] in ("nachdem", "als", "seit"))


def _is_tied_only(words: Words, deeds: Sequence[Clause]) -> bool:
    """No deed is named by its participle: "wenn man eine Weile schraubt"."""
    return all(
        words.folded[clause.first] in fix_words()["ties"] and not any(map(is_deed, _forms(words, clause)))
        for clause in deeds
    )


def _is_bare(words: Words, clause: Clause) -> bool:
    """Words without a verb that name a means: "ein Tropfen Öl an die Achse"."""
    forms = _forms(words, clause)
    return 2 <= len(forms) <= _SUCCESS and forms[0] in fix_words()["some"] and finite_verbs().isdisjoint(forms)


def _problem(words: Words, sentence: Sentence, before: Sentence | None, broken: AbstractSet[int]) -> bool:
    """The sentence or the one before it tells of a problem, or of how things used to be."""
    for one in (sentence, before):
        if one is None:
            continue
        if one.has("gone") or any(clause.first in broken for clause in one.clauses):
            return True
        narrated = _is_narrated(words, one.clauses[0])
        if one.has("problem") and (one is before or len(one.clauses) > 1 or narrated):
            return True
        brief = len(_forms(words, one.clauses[0])) <= _CURT if one is sentence else one.last - one.first <= _SUCCESS
        if one.has("missing") and (narrated or brief):
            return True
    return False
