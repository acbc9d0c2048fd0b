"""A product that nothing names is refused, with those that were likely meant."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kundenecho.errors import UnknownProductError
from kundenecho.records import Feedback
from pipeline.products import check_product, near
from storage.connect import Connection

Make = Callable[..., Feedback]
CATALOGUE = [("HM-310", "HM-310"), ("HM-310", "Aurora"), ("HM-450", "HM-450"), ("HM-450", "Piccola"), ("W1", "Zapfer")]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("HM-311", ["HM-310"]), ("hm310", ["HM-310"]), ("aurora", ["HM-310"]), ("Picola", ["HM-450"]),
        (" zapfer ", ["W1"]), ("zapf", ["W1"]), ("W", []), ("Zahnbürste", []), ("", []),
    ],
)  # fmt: skip
def test_what_was_likely_meant(asked: str, meant: list[str]) -> None:
    assert near(asked, CATALOGUE) == meant


_WORD = st.text("ab1- ", max_size=6)


@given(_WORD, st.lists(st.tuples(_WORD, _WORD), max_size=6))
@settings(deadline=None)
def test_only_what_there_is_and_at_most_three(asked: str, names: list[tuple[str, str]]) -> None:
    found = near(asked, names)
    assert len(found) == len(set(found)) <= 3
    assert set(found) <= {answer for answer, _ in names}


def test_an_unknown_product_is_refused(conn: Connection, load: Callable[..., object], feedback: Make) -> None:
    load(
        [
            feedback(
                "1",
                "Text",
                product="HM-310",
                product_name="Hallmeyer Aurora 310",
                extra={"product_group": "Vollautomaten"},
            )
        ]
    )
    check_product(conn, None)
    check_product(conn, "HM-310")
    check_product(conn, "Vollautomaten", groups=True)
    with pytest.raises(UnknownProductError, match=r"no product HM-31\. Did you mean HM-310 \(Hallmeyer Aurora 310\)\?"):
        check_product(conn, "HM-31")
    with pytest.raises(UnknownProductError, match="Did you mean HM-310"):
        check_product(conn, "arora")
    with pytest.raises(UnknownProductError, match="no product Vollautomaten"):
        check_product(conn, "Vollautomaten")
    with pytest.raises(UnknownProductError, match=r"no product NOPE\. kundenecho seal lists"):
        check_product(conn, "NOPE")


def test_a_product_without_feedback_is_known_from_a_remedy(conn: Connection) -> None:
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO remedy (product, defect, title, text) VALUES ('HM-1', 'leak', 'Dichtung', 'Tauschen.')"
        )
    check_product(conn, "HM-1")


def test_the_error_crosses_a_process_boundary() -> None:
    error = UnknownProductError("NOPE", [("HM-310", "Aurora")])
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  our own
    assert (str(again), again.near) == (str(error), error.near)
