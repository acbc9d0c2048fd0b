"""How a card names columns: by name, by one of several, by position, with sub-columns, or as one that may be missing."""

from __future__ import annotations

import pytest

from kundenecho.errors import SettingsError
from spiders.card import Card
from spiders.card_faults import scale_of
from spiders.files.columns import Columns, find_columns, value_of

HEADER = ("Nr.", "Preis / Leistung", "Note | Tempo", "Note | Preis", "Warum? | Antwort", "E-Mail")


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ("Nr.", ("Nr.",)),
        ("nr. ", ("Nr.",)),
        ("Id / Nr. / E-Mail", ("Nr.",)),
        ("Preis / Leistung", ("Preis / Leistung",)),  # a bar of its own is no choice where the whole is there
        ("preis /  leistung", ("Preis / Leistung",)),
        ("Mail / -", ()),
        ("Mail / E-Mail / -", ("E-Mail",)),
        ("Mail", None),
        ("#1", ("Nr.",)),
        ("Id / #2", ("Preis / Leistung",)),
        ("#9", None),
        ("Note", ("Note | Tempo", "Note | Preis")),
        ("note | preis", ("Note | Preis",)),
        ("Warum?", ("Warum? | Antwort",)),
        ("Not", None),
    ],
)
def test_what_a_declaration_finds(declared: str, found: tuple[str, ...] | None) -> None:
    assert find_columns(declared, HEADER) == found


def test_values_of_several_columns() -> None:
    cells = {"a": "Aurora", "b": "", "c": "Keine Angabe", "d": 3}
    assert value_of(cells, ("a", "b", "c")) == "Aurora"
    assert value_of(cells, ("a", "d")) == "Aurora; 3"
    assert value_of(cells, ("d",)) == 3
    assert value_of(cells, ("b", "c", "none")) is None
    assert value_of(cells, ()) is None


@pytest.mark.parametrize(
    ("declared", "column", "scale"),
    [
        ("Tempo", "Tempo", None),
        ("Tempo | 1-6 low", "Tempo", (1, 6, "low")),
        ("Note | Tempo", "Note | Tempo", None),
        ("Note | Tempo | 0-10", "Note | Tempo", (0, 10, "high")),
        ("Tempo|1–5 high", "Tempo", (1, 5, "high")),
    ],
)
def test_a_scale_behind_a_column(declared: str, column: str, scale: tuple[float, float, str] | None) -> None:
    assert scale_of(declared) == (column, scale)


def test_where_the_scale_comes_from() -> None:
    card = Card("s", "file", rating_max=6, rating_best="low", columns={"native_id": "Nr."},
                scores={"a": "Note | Tempo", "b": "Note | Preis | 0-10"}, header_rows=2)  # fmt: skip
    scores = Columns(card).of(dict.fromkeys(HEADER)).scores
    assert (scores["a"].low, scores["a"].high, scores["a"].best) == (1, 6, "low")
    assert (scores["b"].low, scores["b"].high, scores["b"].best) == (0, 10, "high")


def test_a_first_row_that_is_no_header_is_not_quoted() -> None:
    columns = Columns(Card("s", "file", columns={"native_id": "Nr. / #1", "text": "Warum?"}))
    with pytest.raises(SettingsError, match="No column has a name") as error:
        columns.check({"Ina Beispiel": "", "ina@example.org": ""}, "r.csv")
    assert "Ina" not in str(error.value)
    with pytest.raises(SettingsError, match=r"The file has: Nr\., Wieso\?"):
        columns.check({"Nr.": "", "Wieso?": ""}, "r.csv")


def test_json_objects_may_leave_out_what_they_do_not_say() -> None:
    columns = Columns(Card("s", "file", columns={"native_id": "id", "text": "t", "rating": "r"}))
    columns.check({"id": "1", "t": "x"}, "r.jsonl", table=False)
    with pytest.raises(SettingsError, match="'t' is missing"):
        columns.check({"id": "1"}, "r.jsonl", table=False)


def test_a_column_of_the_kind_can_be_dropped() -> None:
    sheet = Columns(Card("s", "file", columns={"native_id": "Nr.", "email": ""})).of(dict.fromkeys(HEADER))
    assert (sheet.used(), sheet.missing) == ({"Nr."}, {})
