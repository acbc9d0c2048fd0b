"""Whether a problem that a clause names happened, and with this product.

"Andere waren undicht", "ohne Angst, dass er ausläuft", "so heiß, dass man sich den Mund verbrennt" name
problems that nobody had with the product. Rules and learned layer see single clauses; here the clauses around are
read too. What is said of other products goes on until the text comes back to this one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from spacy.tokens import Doc

from nlp.clauses import Clause, Words
from nlp.cues import Hit
from nlp.extensions import CLAUSES, HITS, MATCHES, WORDS
from nlp.lexicon import fold, load_toml, word_sets
from nlp.patterns import Match

FILE: Final = "told.toml"
#: Its constructions among all that are looked for.
FAMILY: Final = "told"
#: Sentences behind the one that names other products in which they may go on.
_CARRIED: Final = 3
#: Tokens of a clause that is too short to turn to anything else.
_SCRAP: Final = 2
#: Words at the start of a clause in which its conjunction, or its warning, stands.
_OPENING: Final = 2
#: Share of "negative" in the verdict from which a text is a complaint: then less is excused.
_COMPLAINT: Final = 0.5
_RELATIVES: Final = frozenset(("der", "die", "das", "den", "dem", "welche", "welcher", "welches", "denen"))
_REASONS: Final = frozenset(("weil", "da", "nachdem"))
_PRONOUNS: Final = frozenset(("er", "sie"))
_FINGERS: Final = frozenset(("finger", "fingern", "hand", "hände", "händen"))
#: Words before a relative clause in which its noun is denied: "keine Teile, die wackeln".
_DENIED_NOUN: Final = 3


class Sign(NamedTuple):
    """What a construction says, of which defects (all for none named), and which folded words cancel it."""

    signal: str
    defects: frozenset[str]
    unless: frozenset[str]


def read_signs() -> Iterator[tuple[str, Sign]]:
    """The patterns of :data:`FILE` with what they stand for."""
    for entry in load_toml(FILE)["cue"]:
        sign = Sign(entry["signal"], frozenset(entry.get("defects", ())), frozenset(map(fold, entry.get("unless", ()))))
        for source in entry["patterns"]:
            yield source, sign


@cache
def _words() -> Mapping[str, frozenset[str]]:
    return {name: frozenset(map(fold, forms)) for name, forms in load_toml(FILE)["words"].items()}


class Told:
    """What the clauses of a text tell of its product.

    Args:
        doc: A text with ``words``, ``clauses``, ``matches`` and ``hits``.
        shares: Probabilities of its sentiments, in the order of ``SENTIMENTS``.
    """

    def __init__(self, doc: Doc, shares: Sequence[float]) -> None:
        data = doc.user_data
        self._words: Words = data[WORDS]
        self._clauses: list[Clause] = data[CLAUSES]
        self._hits: list[Hit] = data[HITS]
        self._found: Mapping[int, Sequence[Match]] = data[MATCHES].get(FAMILY, {})
        self._pleased = shares[0] == max(shares)
        self._complains = shares[-1] >= _COMPLAINT
        self._others: list[bool] | None = None

    def holds(self, at: int, defect: str) -> bool:
        """Whether the clause tells that the defect happened with this product.

        Args:
            at: Number of the clause.
            defect: Type of the defect that it names.
        """
        if self._clauses[at].elsewhere or self._is_open(at) or self._is_denied(at, defect):
            return False
        if self._is_unreal(at) or self._is_elsewhere(at) or self._is_boast(at, defect):
            return False
        return self._complains or not self._is_own_fault(at, defect)

    def _signs(self, at: int, defect: str | None = None) -> frozenset[str]:
        """Signals of a clause; with a defect only those that speak of it."""
        clause = self._clauses[at]
        matches = self._found.get(clause.first)
        if not matches:
            return frozenset()
        forms = self._forms(at)
        return frozenset(
            sign.signal
            for _, sign, _ in matches
            if sign.unless.isdisjoint(forms) and (not sign.defects or defect is None or defect in sign.defects)
        )

    def _forms(self, at: int) -> list[str]:
        clause = self._clauses[at]
        return self._words.folded[clause.first : clause.last]

    def _opening(self, at: int) -> list[str]:
        """The first words of a clause, without what joins it to the one before."""
        joined = word_sets()["coordinators"] | {"aber", "so", "und"}
        forms = [form for form in self._forms(at) if form[0].isalnum()]
        while len(forms) > 1 and forms[0] in joined:
            forms = forms[1:]
        return forms[:_OPENING]

    def _before(self, at: int) -> int | None:
        """The clause before, in the same sentence; the point behind "ca" ends none."""
        if not at:
            return None
        first = self._clauses[at].first
        shortened = self._words.text[first - 1] == "." and self._words.folded[first - 2] in _words()["abbreviations"]
        return at - 1 if shortened or self._clauses[at - 1].sentence == self._clauses[at].sentence else None

    def _is_open(self, at: int) -> bool:
        """A question; not an outcry, which goes on: "???", "?!"."""
        last = self._clauses[at].last
        return self._words.text[last : last + 1] == ["?"] and self._words.text[last + 1 : last + 2] not in (
            ["?"],
            ["!"],
        )

    def _is_denied(self, at: int, defect: str) -> bool:
        """The clause itself takes the problem back."""
        first = self._clauses[at].first
        mine = [hit for hit in self._hits if hit.clause.first == first]
        signs = self._signs(at, defect)
        if not signs.isdisjoint(("nothing", "unknown")):
            return True
        sure = any(hit.defect == defect and not hit.negated for hit in mine)
        if not signs.isdisjoint(("denied", "unmatched", "hearsay_itself", "not_only")):
            return self._pleased or not (sure or "not_only" in signs)
        if self._pleased and "conceded" in signs and self._makes_amends(at):
            return True
        if sure:
            return False
        if not self._pleased:
            return False
        praised = bool(mine) and all(hit.score > 0 for hit in mine)
        return praised or (
            all(hit.defect != defect for hit in mine) and any(hit.negated and hit.cue.defect == defect for hit in mine)
        )

    def _makes_amends(self, at: int) -> bool:
        behind = at + 1
        same = behind < len(self._clauses) and self._clauses[behind].sentence == self._clauses[at].sentence
        forms = self._forms(behind) if same else self._forms(at)
        return not _words()["amends"].isdisjoint(forms)

    def _is_unreal(self, at: int) -> bool:
        """It hangs on a fear, on what never happened, on what others wrote; it is an aim or a warning."""
        opening, words = self._opening(at), _words()
        if not opening:
            return False
        warns = not words["otherwise"].isdisjoint(opening) and words["apart"].isdisjoint(self._forms(at))
        if self._pleased and (warns or "conditional" in self._signs(at)):
            return True
        if not self._complains and self._is_aim(at, opening[0]):
            return True
        before = self._before(at)
        return before is not None and (self._hangs(at, before, opening) or self._explains(at, before, opening[0]))

    def _hangs(self, at: int, before: int, opening: Sequence[str]) -> bool:
        """On a fear, on what never happened, on what others wrote."""
        if _words()["that"].isdisjoint(opening) or self._follows_mark(at, ":;"):
            return False
        signs = self._signs(before)
        if not signs.isdisjoint(("feared", "never", "hearsay")):
            return True
        return "possible" in signs and self._pleased

    def _explains(self, at: int, before: int, opening: str) -> bool:
        """What was not so, what there is none of, or why something was looked for: "nicht, weil er tropft"."""
        forms = self._forms(before)
        if opening in _REASONS:
            signs = self._signs(before)
            denied = forms[-1:] == ["nicht"] or "never" in signs
            return (denied and not self._complains) or ("motive" in signs and self._pleased)
        denied = not word_sets()["determiner_negators"].isdisjoint(forms[-_DENIED_NOUN:])
        return opening in _RELATIVES and denied and not self._complains

    def _follows_mark(self, at: int, marks: str) -> bool:
        first = self._clauses[at].first
        return bool(first) and self._words.text[first - 1][0] in marks

    def _is_aim(self, at: int, opening: str) -> bool:
        """ "damit nichts ausläuft", "um etwas zu sehen"; not "damit ist er undicht", "um sieben Uhr"."""
        if opening not in _words()["aims"]:
            return False
        clause, forms, sets = self._clauses[at], self._forms(at), word_sets()
        if opening == "um":
            return "zu" in forms or any("zu" in form[1:-2] and form.endswith("n") for form in forms)
        behind = forms.index(opening) + 1
        if behind == len(forms):
            return False
        begins = forms[behind] in sets["determiners"] | sets["pronouns"] | sets["negators"]
        return begins or self._words.text[clause.first + behind][0].isupper()

    def _is_elsewhere(self, at: int) -> bool:
        """It goes on about other products."""
        if self._complains:
            return False
        if self._others is None:
            self._others = self._spread()
        return self._others[at]

    def _spread(self) -> list[bool]:
        """For each clause whether it speaks of other products."""
        told: list[bool] = []
        named: int | None = None
        free = False
        for at, clause in enumerate(self._clauses):
            sure, back = "others" in self._signs(at), self._returns(at)
            if (sure or self._names_another(at)) and not (back and named is None):
                named, free = clause.sentence, sure
                told.append(True)
                continue
            if named is not None:
                within = (free and self._before(at) is not None) or clause.last - clause.first <= _SCRAP
                on = not back and clause.sentence - named <= _CARRIED and (within or self._carries(at))
                named = named if on else None
            told.append(named is not None)
        return told

    def _names_another(self, at: int) -> bool:
        return self._clauses[at].elsewhere and not (word_sets()["elsewhere"] - _words()["weak"]).isdisjoint(
            self._forms(at)
        )

    def _returns(self, at: int) -> bool:
        """The clause comes back to this product: "dieser hier", "jetzt"; "diese" alone may be the others."""
        forms, words = self._forms(at), _words()["returns"]
        return any(form in words and forms[max(0, place - 1)] != "bis" for place, form in enumerate(forms))

    def _carries(self, at: int) -> bool:
        """A new sentence that goes on about the same: "Alle waren undicht", "Entweder tropfen sie"."""
        opening, words = self._opening(at), _words()
        if not opening:
            return False
        forms = self._forms(at)
        if not words["past"].isdisjoint(forms) or ("sie" in forms and "auch" in forms):
            return True
        if not words["pasts"].isdisjoint(forms) and not _PRONOUNS.isdisjoint(forms):
            return True
        if opening[0] in ("der", "die", "das", "den", "diese"):
            return opening[-1] in word_sets()["verbs"] or opening[-1] in words["groups"]
        return opening[0] in words["carries"]

    def _is_own_fault(self, at: int, defect: str) -> bool:
        """The customer left it open, said here or in the clause behind."""
        return any("own_fault" in self._signs(place, defect) for place in range(at, min(at + 2, len(self._clauses))))

    def _is_boast(self, at: int, defect: str) -> bool:
        """A burnt mouth as the measure of how hot it stays."""
        if defect != "safety":
            return False
        signs, before = self._signs(at, defect), self._before(at)
        if "boast" in signs or (self._pleased and "pleased_boast" in signs):
            return True
        if before is None or "heat" not in self._signs(before):
            return False
        measured = not _words()["that"].isdisjoint(self._opening(at)) and _FINGERS.isdisjoint(self._forms(at))
        return self._pleased or measured
