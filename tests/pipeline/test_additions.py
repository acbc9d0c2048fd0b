"""What came is added to the figures without counting their products anew, and the figures are the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

import pipeline.defects
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from kundenecho.settings import Settings
from pipeline.decide import decide
from pipeline.parts import Scope, decide_part
from storage.connect import Connection
from tests.conftest import rows
from tests.pipeline.counting import Load, from_nothing, snapshot, understand
from tests.pipeline.test_incremental import LONG

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
#: A Monday: what comes on it and in the nine days after it is in weeks that are open.
TODAY = START + timedelta(weeks=20)
PARTS = ("Düse", "Auslaufdüse", "Deckel", "Tank", "Wassertank", "Henkel")


class Shop:
    """Feedback of twenty weeks about three products, two of them siblings, and what comes on one day more."""

    def __init__(self, feedback: Callable[..., Feedback], keyer: Keyer, seed: int) -> None:
        self.random, self._make, self._keyer, self._number = Random(seed), feedback, keyer, 0

    def one(self, day: datetime, parts: tuple[str, ...] = PARTS, **values: Any) -> Feedback:
        draw, self._number = self.random, self._number + 1
        kind, product = draw.choice(["undicht", "verstopft"]), draw.choice("ABC")
        said = draw.choice([f"Die {draw.choice(parts)} ist {kind}.", f"Alles ist {kind}", "Gut."])
        text = draw.choice([said, f"Die {draw.choice(parts)} ist {kind}. {said}", LONG.format("langsam", said), None])
        author = draw.choice([None, *(f"author {n}" for n in range(20))])
        return self._make(
            str(self._number), text, product=product, product_name=f"Produkt {product}", created_at=day,
            created_precision="day", author=author,
            email_key=self._keyer.email(f"{author}@example.org") if author else None,
            extra={"product_group": "Gruppe"} if product in "AB" else {}, rating_1_5=draw.choice([1.0, 2.0, 5.0]),
            **{"verified_purchase": draw.choice(["yes", "no", "unknown"]), **values},
        )  # fmt: skip

    def past(self, count: int) -> list[Feedback]:
        return [self.one(START + timedelta(days=self.random.randrange(130))) for _ in range(count)]

    def today(self, count: int, **values: Any) -> list[Feedback]:
        return [self.one(TODAY, **values) for _ in range(count)]


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], int]]:
    """What each decide added, as (products, defects)."""
    found = []
    known = pipeline.defects.add

    def add(*args: Any) -> tuple[list[str], int]:
        found.append(known(*args))
        return found[-1]

    monkeypatch.setattr(pipeline.defects, "add", add)
    return found


@pytest.fixture
def shop(feedback: Callable[..., Feedback], keyer: Keyer, request: pytest.FixtureRequest) -> Shop:
    return Shop(feedback, keyer, getattr(request, "param", 1))


@pytest.fixture
def begun(shop: Shop, load: Load, conn: Connection, settings: Settings) -> None:
    """Twenty weeks were decided, and one feedback of today."""
    load([*shop.past(120), *shop.today(1)])
    understand(conn)
    decide(settings)


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize("shop", range(4), indirect=True)
def test_what_was_added_step_by_step_equals_full_recompute(
    shop: Shop, load: Load, conn: Connection, settings: Settings, added: list[tuple[list[str], int]]
) -> None:
    for _ in range(4):
        load(shop.today(5))
        understand(conn)
        decide(settings)
    step_by_step = snapshot(conn)
    assert sum(len(products) for products, _ in added) > 0
    assert sum(defects for _, defects in added) > 0
    assert step_by_step["topics"]
    assert from_nothing(conn, settings) == step_by_step


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize(
    "change",
    [
        lambda shop, last: shop.one(START),
        lambda shop, last: replace(last, text="Der Deckel ist undicht."),
        lambda shop, last: replace(last, state="deleted", text=None),
        lambda shop, last: replace(last, verified_purchase="yes", created_at=TODAY + timedelta(days=1)),
    ],
    ids=["late", "edited", "deleted", "of another day"],
)
def test_what_was_counted_or_is_late_is_never_added(
    change: Callable[[Shop, Feedback], Feedback], shop: Shop, load: Load, conn: Connection, settings: Settings,
    added: list[tuple[list[str], int]],
) -> None:  # fmt: skip
    last = shop.one(TODAY, verified_purchase="no")
    load([last])
    understand(conn)
    decide(settings)
    load([changed := change(shop, last)])
    understand(conn)
    decide(settings)
    assert changed.product not in added[-1][0]
    step_by_step = snapshot(conn)
    assert from_nothing(conn, settings) == step_by_step


@pytest.mark.usefixtures("begun")
def test_a_new_name_of_a_part_stands_alone_until_its_week_closes(
    shop: Shop, load: Load, conn: Connection, settings: Settings, added: list[tuple[list[str], int]]
) -> None:
    alone = "SELECT DISTINCT canonical FROM component_alias WHERE 'wassertankdeckel' IN (component, canonical)"
    load(shop.today(12, parts=("Wassertankdeckel", "Ventil")))
    understand(conn)
    decide(settings)
    assert added[-1][0]
    assert rows(conn, alone) == []
    step_by_step = snapshot(conn)
    assert from_nothing(conn, settings) == step_by_step
    load([shop.one(TODAY + timedelta(weeks=2))])
    understand(conn)
    decide(settings)
    assert rows(conn, alone) == [("wassertankdeckel",)]


@pytest.mark.usefixtures("begun")
def test_a_new_name_that_people_decided_about_counts_as_they_decided(
    shop: Shop, load: Load, conn: Connection, settings: Settings, added: list[tuple[list[str], int]]
) -> None:
    decide_part(conn, ("Henkel", "Bügel"), same=True, scope=Scope(), by="anna")
    decide(settings)
    load(shop.today(12, parts=("Bügel",)))
    understand(conn)
    decide(settings)
    assert rows(conn, "SELECT DISTINCT canonical FROM component_alias WHERE component = 'bügel'") == [("henkel",)]
    step_by_step = snapshot(conn)
    assert from_nothing(conn, settings) == step_by_step


@pytest.mark.usefixtures("begun")
def test_a_week_that_closes_judges_every_product(
    shop: Shop, load: Load, conn: Connection, settings: Settings, added: list[tuple[list[str], int]]
) -> None:
    before = rows(conn, "SELECT DISTINCT closed_week FROM product_figure")
    load([shop.one(TODAY + timedelta(weeks=1))])
    understand(conn)
    assert decide(settings)["products"] == 3
    assert added[-1] == ([], 0)
    assert rows(conn, "SELECT DISTINCT closed_week FROM product_figure") == [(before[0][0] + timedelta(weeks=1),)]


@pytest.mark.usefixtures("begun")
def test_a_rise_is_told_with_its_begin_once_there_are_enough_persons(
    shop: Shop, load: Load, conn: Connection, settings: Settings
) -> None:
    [(defect, product, part)] = rows(
        conn, "SELECT defect_id, product, component FROM defect WHERE component = 'henkel' AND defect = 'leak' LIMIT 1"
    )
    with conn.cursor() as cursor:
        cursor.execute(
            "UPDATE defect_figure SET persons = 2, dated = 2, signal = 'too_little_data', course = 'rising',"
            " rising_since = '2026-06-01', rising_since_low = '2026-05-25', rising_since_high = '2026-06-08'"
            " WHERE defect_id = %s", (defect,),
        )  # fmt: skip
    conn.commit()
    shown = "SELECT signal, rising_since::text FROM lists.defects WHERE defect_id = %s"
    assert rows(conn, shown, f"D{defect}") == [("too_little_data", None)]
    load([replace(shop.one(TODAY), product=product, text=f"Der {part.title()} ist undicht.")])
    understand(conn)
    decide(settings)
    assert rows(conn, shown, f"D{defect}") == [("rising", "2026-06-01")]
