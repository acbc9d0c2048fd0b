"""A problem that is named did not always happen, nor with this product: the clauses around tell."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kundenecho.analysis import Analysis

Read = Callable[..., Analysis]


def defects(result: Analysis) -> set[str]:
    return {mention.defect for mention in result.mentions if mention.defect}


PLEASED = "Tolles Teil, ich bin begeistert und kann es nur empfehlen! "


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Ich hatte vorher schon viele Kanister. Alle waren undicht.", "others, and it goes on in the next sentence"),
        ("Ich habe mehrere Matratzen ausprobiert. Entweder stanken sie oder sie waren nach Wochen kaputt.", "others"),
        ("Davor hatte ich einen billigen Kanister, der war ständig undicht.", "a single one before"),
        ("Bei billigen Kanistern hatte ich oft einen Plastikgeschmack.", "cheap ones"),
        ("Die meisten Kanister sind ja leider undicht.", "most"),
        ("Unsere Kanister der ersten Generation schmecken furchtbar nach Plastik.", "an earlier generation"),
        ("Nachdem mein alter Föhn den Geist aufgegeben hat, kam dieser.", "what it replaces"),
        ("Ich hatte vorher eine andere. Nach ca. einem Jahr fing sie an undicht zu werden.", "ca. ends no sentence"),
        ("Ich packe ihn in den Koffer, ohne Angst, dass er ausläuft.", "feared"),
        ("Ich musste mir noch nie Gedanken machen, dass auch nur ein Tropfen ausläuft.", "never thought of"),
        ("Mir ist noch nie passiert, dass er undicht war.", "never happened"),
        ("Man kann ihn schütteln, ohne dass etwas ausläuft.", "without"),
        ("Ich kann die Kritiken nicht verstehen, dass er undicht sein soll.", "said by others"),
        ("Man darf ihn nicht zu voll machen, sonst läuft er aus.", "a warning"),
        ("Am Ende drehe ich ihn um, damit der Rest Wasser ausläuft.", "an aim"),
        ("Undicht? Keine Spur.", "a question"),
        ("Danach läuft nichts mehr aus.", "denied"),
        ("Keine Flecken auf dem Hemd und kein milchiger Belag.", "denied twice is denied"),
        ("Das ist mein dritter, nicht weil er kaputt geht, sondern weil alle einen wollen.", "not because"),
        ("Er hat keine Teile, die wackeln.", "of what there is none"),
        ("Jedoch hält keine auch nur annähernd so warm wie diese.", "unmatched"),
        ("Er ist nicht nur sehr sauber, sondern glänzt.", "not only"),
        ("Das Bett bleibt nicht nur warm, sondern heiß.", "not only"),
        ("Selbst nach vier Stunden so heiß, dass man sich die Zunge verbrennt.", "how hot it stays"),
        ("So heiß, dass ich mir fast den Mund verbrannt habe.", "almost"),
        ("Nach zehn Stunden ist das Wasser zwar nicht mehr heiß, aber noch schön warm.", "made up for"),
        ("Ohne sie geht er nicht mehr aus dem Haus.", "an idiom"),
        ("Er ist mir schon mehrmals auf den Boden runtergefallen und hält.", "it fell, nothing came off"),
        ("Einmal ist er ausgelaufen, weil ich vergessen habe ihn zuzudrehen.", "the customer's own doing"),
        ("Ob er dicht ist, kann ich nicht sagen.", "unknown"),
    ],
)
def test_told_of_no_defect(read: Read, text: str, reason: str) -> None:
    assert defects(read(PLEASED + text)) == set(), reason


@pytest.mark.parametrize(
    ("text", "defect"),
    [
        ("Ich hatte schon viele Kanister. Dieser ist leider undicht.", "leak"),
        ("Ich hatte Angst, dass er zu klein ist. Leider ist er undicht.", "leak"),
        ("Mein alter Kanister war super. Jetzt ist der neue schon nach einer Woche undicht.", "leak"),
        ("Damit ist er undicht und unbrauchbar.", "leak"),
        ("Mich stört, dass er ausläuft.", "leak"),
        ("Er ist nicht nur teuer, sondern auch undicht.", "leak"),
        ("Hier kommt schon nach Tagen der Lack ab, er blättert ab.", "detachment"),
        ("Der Fuß wird so heiß, dass man sich die Hände verbrennt.", "safety"),
        ("Nach zwei Stunden ist das Wasser nur noch lauwarm.", "underperformance"),
        ("Der Hebel klemmt und geht nicht mehr auf.", "blockage"),
        ("Wie kann das sein, dass er nach einem Tag kaputt ist???", "breakage"),
    ],
)
def test_what_happened_stays(read: Read, text: str, defect: str) -> None:
    assert defect in defects(read(text))


def test_a_complaint_excuses_less(read: Read) -> None:
    complaint = "Schlechter Kanister, nie wieder, Geld zurück! Nur halb füllen, sonst läuft er aus."
    assert "leak" in defects(read(complaint))
    assert "leak" not in defects(read(PLEASED + "Nur halb füllen, sonst läuft er aus."))


def test_the_clause_that_tells_is_the_evidence(read: Read) -> None:
    text = "Andere Kanister waren undicht. Dieser hält warm, nach einem Jahr wurde er aber leider auch undicht."
    (mention,) = [mention for mention in read(text).mentions if mention.defect == "leak"]
    assert text[slice(*mention.evidence)].startswith("nach einem Jahr")
