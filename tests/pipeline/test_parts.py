"""Decisions of people about names of parts, from the decision to the list."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kundenecho.errors import DataError
from kundenecho.records import Feedback
from kundenecho.settings import Settings
from pipeline.decide import decide
from pipeline.parts import Scope, decide_part, likely_pairs, undo_part
from storage.connect import Connection
from storage.part_decisions import part_decisions
from storage.why import why
from tests.conftest import rows
from tests.pipeline.counting import Load, snapshot, understand

Cells = Callable[[], dict[str, tuple[str, int]]]


@pytest.fixture
def said(load: Load, feedback: Callable[..., Feedback], settings: Settings, conn: Connection) -> Callable[..., None]:
    """Loads one feedback for each named part, understands and decides."""
    numbers = iter(range(1000))

    def run(*parts: str, product: str = "HM-120", **values: object) -> None:
        load(
            feedback(str(n), f"Die {part} ist verstopft.", product=product, product_name=product, **values)
            for part, n in zip(parts, numbers, strict=False)
        )
        understand(conn)
        decide(settings)

    return run


@pytest.fixture
def cells(conn: Connection, settings: Settings) -> Cells:
    """Decides what is dirty; gives id and persons by part."""

    def run() -> dict[str, tuple[str, int]]:
        decide(settings)
        found = rows(conn, "SELECT lower(component), defect_id, persons FROM lists.defects ORDER BY 1")
        conn.rollback()
        return {part: (defect, persons) for part, defect, persons in found}

    return run


def test_two_names_become_one_and_are_taken_apart_again(
    said: Callable[..., None], cells: Cells, conn: Connection, settings: Settings
) -> None:
    said("Düse", "Düse", "Spritze")
    before = cells()
    assert before == {"düse": ("D1", 2), "spritze": ("D2", 1)}
    number = decide_part(conn, ("Spritze", "Düse"), same=True, scope=Scope(), by="anna")
    assert cells() == {"düse": ("D1", 3)}
    assert why(conn, "D2")["figures"]["part_of"] == "D1"
    # Survives a full recompute, another lineage and growth.
    decide(settings, everything=True)
    understand(conn, "second")
    said("Düse")
    assert cells() == {"düse": ("D1", 4)}
    undo_part(conn, number, by="bert")
    assert cells() == {"düse": ("D1", 3), "spritze": ("D2", 1)}
    assert [row.taken_back_at is None for row in part_decisions(conn, taken_back=True)] == [False]


def test_a_defect_keeps_its_id_when_its_name_changes(said: Callable[..., None], cells: Cells) -> None:
    said("Düse", "Düse")
    assert cells() == {"düse": ("D1", 2)}
    said("Auslaufdüse")
    assert cells() == {"auslaufdüse": ("D1", 3)}


def test_the_oldest_id_goes_on_when_two_defects_become_one(
    said: Callable[..., None], cells: Cells, conn: Connection
) -> None:
    said("Spritze")
    said("Düse", "Düse")
    assert cells() == {"düse": ("D2", 2), "spritze": ("D1", 1)}
    decide_part(conn, ("Spritze", "Düse"), same=True, scope=Scope("product", "HM-120"), by="anna")
    assert cells() == {"düse": ("D1", 3)}
    decide_part(conn, ("Spritze", "Düse"), same=False, scope=Scope("product", "HM-120"), by="anna")
    assert cells() == {"düse": ("D1", 2), "spritze": ("D2", 1)}


def test_different_beats_what_is_joined_by_itself_and_the_narrower_scope_counts(
    said: Callable[..., None], cells: Cells, conn: Connection
) -> None:
    said("Düse", "Auslaufdüse")
    assert set(cells()) == {"auslaufdüse"}
    decide_part(conn, ("Düse", "Auslaufdüse"), same=False, scope=Scope(), by="anna")
    assert set(cells()) == {"auslaufdüse", "düse"}
    decide_part(conn, ("Düse", "Auslaufdüse"), same=True, scope=Scope("product", "HM-120"), by="anna")
    assert set(cells()) == {"auslaufdüse"}


def test_a_group_is_a_scope(said: Callable[..., None], cells: Cells, conn: Connection) -> None:
    said("Hahn", "Zapfer", product="A", extra={"product_group": "Kannen"})
    said("Hahn", "Zapfer", product="B")
    decide_part(conn, ("Hahn", "Zapfer"), same=True, scope=Scope("group", "Kannen"), by="anna")
    cells()
    assert rows(conn, "SELECT product, persons FROM lists.defects ORDER BY 1, 2") == [("A", 2), ("B", 1), ("B", 1)]


def test_a_contradiction_is_refused_and_named(said: Callable[..., None], cells: Cells, conn: Connection) -> None:
    said("Hahn", "Zapfer", "Auslauf")
    decide_part(conn, ("Hahn", "Zapfer"), same=True, scope=Scope(), by="anna")
    decide_part(conn, ("Zapfer", "Auslauf"), same=True, scope=Scope("product", "HM-120"), by="anna")
    before = cells()
    with pytest.raises(
        DataError,
        match=r"parts of HM-120: auslauf and hahn would be one \(auslauf = zapfer, hahn = zapfer: decision 2, 1\)"
        r" and are not \(decision 3\). Take one of them back first: kundenecho parts undo NUMBER",
    ):
        decide_part(conn, ("Hahn", "Auslauf"), same=False, scope=Scope(), by="bert")
    assert len(part_decisions(conn, taken_back=True)) == 2
    assert cells() == before


@pytest.mark.parametrize(
    ("names", "scope", "words"),
    [
        (("Hahn", " hahn "), Scope(), "are not two names"),
        (("Hahn", ""), Scope(), "are not two names"),
        (("Hahn", "Zapfer"), Scope("product", "HM-999"), "there is no product HM-999"),
        (("Hahn", "Zapfer"), Scope("group", "Tassen"), "the group 'Tassen' is not known"),
    ],
)
def test_what_cannot_be_decided(conn: Connection, names: tuple[str, str], scope: Scope, words: str) -> None:
    with pytest.raises(DataError, match=words):
        decide_part(conn, names, same=True, scope=scope, by="anna")


def test_undo_of_nothing(conn: Connection) -> None:
    with pytest.raises(DataError, match="no decision 7 stands"):
        undo_part(conn, 7, by="anna")


def test_the_same_decision_twice_is_one(said: Callable[..., None], conn: Connection) -> None:
    said("Hahn")
    first = decide_part(conn, ("Hahn", "Zapfer"), same=True, scope=Scope(), by="anna")
    assert decide_part(conn, ("Zapfer", "Hahn"), same=True, scope=Scope(), by="bert") == first


def test_review_offers_what_is_undecided(said: Callable[..., None], cells: Cells, conn: Connection) -> None:
    said("Auslaufdüse", "Kaffeedüse", "Düse", "Deckel")
    pairs = likely_pairs(conn)
    assert [(p.one, p.other, p.merged) for p in pairs] == [
        ("auslaufdüse", "düse", False),
        ("auslaufdüse", "kaffeedüse", False),
        ("düse", "kaffeedüse", False),
    ]
    decide_part(conn, ("Düse", "Kaffeedüse"), same=False, scope=Scope("product", "HM-120"), by="anna")
    cells()
    assert [(p.one, p.other, p.merged) for p in likely_pairs(conn)] == [
        ("auslaufdüse", "düse", True),
        ("auslaufdüse", "kaffeedüse", False),
    ]
    assert snapshot(conn)["aliases"] == [("HM-120", "blockage", "düse", "auslaufdüse")]
