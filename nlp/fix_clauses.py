"""What single clauses of a fix tell: a deed, a means, a success."""

from __future__ import annotations

from collections.abc import Container, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from nlp.clauses import Clause, Words
from nlp.deeds import finite_verbs, fix_words, is_deed, is_infinitive, is_preterite
from nlp.lexicon import word_sets
from nlp.sentences import Sentence

#: Longest clause in words that tells a deed, a success, and a success that says nothing else.
DEED, SUCCESS, CURT = 16, 11, 5


def forms_of_clause(words: Words, clause: Clause) -> list[str]:
    """The folded words of a clause, without marks."""
    return [form for form in words.folded[clause.first : clause.last] if form[0].isalnum()]


def holds(sentence: Sentence, clause: Clause, signals: Container[str]) -> bool:
    """Whether a construction of one of the names stands within the clause."""
    return any(
        found.signal in signals and clause.first <= found.first and found.last < clause.last for found in sentence.found
    )


def succeeds(words: Words, sentence: Sentence, clause: Clause, broken: AbstractSet[int]) -> bool:
    """Whether the clause tells that it is well; ``broken`` are the first tokens of clauses that name a defect."""
    if len(forms_of_clause(words, clause)) > SUCCESS or words.folded[clause.first] in fix_words()["subordinate"] - {
        "dann"
    }:
        return False
    if holds(sentence, clause, ("gone", "vanished")):
        return True
    well = not clause.elsewhere and clause.first not in broken and "nicht" not in forms_of_clause(words, clause)
    return well and holds(sentence, clause, ("done",))


def is_narrated(words: Words, clause: Clause) -> bool:
    """The clause is told in the past tense."""
    forms = forms_of_clause(words, clause)[:4]
    return any(is_preterite(form) for form in forms)


def is_curt(words: Words, sentence: Sentence, clause: Clause, broken: AbstractSet[int]) -> bool:
    """A success that says nothing else: "läuft", "Ruhe", "dann ging es"."""
    forms = forms_of_clause(words, clause)
    if forms[:1] and forms[0] in fix_words()["indirect"]:
        return False
    if not 0 < len(forms) <= CURT or clause.first in broken:
        return False
    if holds(sentence, clause, ("no_more",)):
        return True
    if not fix_words()["no_success"].isdisjoint(forms):
        return False
    if holds(sentence, clause, ("works", "done", "gone", "vanished")):
        return True
    if clause.last != sentence.last:
        return False
    named = any(found.signal == "problem" and found.last < clause.first - 1 for found in sentence.found)
    verb_first = forms[0].endswith("t") and words.text[clause.first].islower() and not is_deed(forms[0])
    behind = clause.first > sentence.clauses[0].first
    return verb_first and behind and (named or is_narrated(words, sentence.clauses[0]))


def is_deed_clause(words: Words, clause: Clause) -> bool:
    """A clause that tells what was done: by the author, or without any finite verb.

    "Habe die Leitung gereinigt", "nachdem ich sie gereinigt habe", "Filter ausgeklopft", "neu
    koppeln", "einmal rein"; and "steckt man ihn aus".
    """
    forms = forms_of_clause(words, clause)
    if not 1 <= len(forms) <= DEED or not word_sets()["negators"].isdisjoint(forms):
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


def follows(words: Words, deed: Clause, success: Clause) -> bool:
    """The success stands behind the deed, or before a deed that is tied to it."""
    if deed is success:
        return False
    forms = forms_of_clause(words, deed)
    tied = any(map(is_deed, forms)) and not fix_words()["since"].isdisjoint(forms[:2])
    return deed.last <= success.first or tied or words.text[success.last : success.last + 1] == [":"]


def steps_of(words: Words, sentence: Sentence) -> list[Clause]:
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


def is_last_resort(words: Words, sentence: Sentence, deed: Clause) -> bool:
    """It was so "until I cleaned it", or got better "only after I had cleaned it"."""
    forms = forms_of_clause(words, deed)
    if deed.first == sentence.first or not any(map(is_deed, forms)) or fix_words()["own"].isdisjoint(forms):
        return False
    only = "erst" in words.folded[sentence.first : deed.first]
    return forms[0] == "bis" or (only and forms[0] in ("nachdem", "als", "seit"))


def is_tied_only(words: Words, deeds: Sequence[Clause]) -> bool:
    """No deed is named by its participle: "wenn man eine Weile schraubt"."""
    return all(
        words.folded[clause.first] in fix_words()["ties"] and not any(map(is_deed, forms_of_clause(words, clause)))
        for clause in deeds
    )


def is_bare(words: Words, clause: Clause) -> bool:
    """Words without a verb that name a means: "ein Tropfen Öl an die Achse"."""
    forms = forms_of_clause(words, clause)
    return 2 <= len(forms) <= SUCCESS and forms[0] in fix_words()["some"] and finite_verbs().isdisjoint(forms)
