"""Cases end by what the company's lists tell: a consent to publish, a remedy that was told; and begin again without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kundenecho.company_lists import Consent, Customer
from kundenecho.company_lists import Testimonial as Words
from kundenecho.errors import DataError
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from kundenecho.settings import Settings
from pipeline.case_words import deadline
from pipeline.case_work import act
from pipeline.decide import decide
from storage.connect import Connection
from tests.conftest import rows
from tests.pipeline.case_book import acts, book, understood
from tests.pipeline.test_cases import MONDAY, at, stars, with_rules
from tests.storage.test_company_lists import load_list

Make = Callable[..., Feedback]
Load = Callable[..., object]
GIVEN = MONDAY + timedelta(days=9)


@dataclass
class Desk:
    """Customers whom the company knows, and what it notes about them."""

    conn: Connection
    settings: Settings
    keyer: Keyer

    def lists(self, kind: str, row: type[Any], *found: dict[str, Any]) -> None:
        blank = dict.fromkeys(row.column_names())
        load_list(self.conn, kind, [row(**{**blank, **f}) for f in found])

    def key(self, name: str) -> str:
        return str(self.keyer.customer(name))

    def consent(self, name: str, **more: Any) -> None:
        """Words of a customer, as consented, with all that is needed to publish them."""
        self.lists("testimonials", Words, {
            "customer_key": self.key(name), "product": "", "text": "Sehr gut.", "given_at": GIVEN, "wording": "Ja, gern.",
            "proof": "Protokoll 1", **more,
        })  # fmt: skip

    def listed(self, **scores: float) -> None:
        """These stand on the list of advocates, and the last decide knew that they may be contacted."""
        with self.conn.cursor() as cursor:
            cursor.execute("DELETE FROM advocate")
            for name, score in scores.items():
                cursor.execute(
                    "INSERT INTO advocate (person_id, lineage_id, score, stage, listed, contactable, contactable_reason,"
                    " sources) SELECT person_id, lineage_id, %s, 'advocate', true, 'yes', '', '{shop}'"
                    " FROM lineage, author JOIN feedback USING (author_id) WHERE native_id = %s AND lineage.state = 'active'",
                    (score, name),
                )
            cursor.execute(
                "INSERT INTO advocate_reason (person_id, rank, kind, weight, revision_id)"
                " SELECT person_id, 1, 'recommendation', 30, revision_id FROM current_feedback JOIN advocate USING (person_id)"
            )
            cursor.execute("INSERT INTO advocate_rank SELECT person_id, '', score, now(), stage, 'yes' FROM advocate")
        self.conn.commit()

    def requests(self) -> list[tuple[str, str, str | None]]:
        """Customer, state and outcome of the requests for a testimonial."""
        decide(self.settings)
        return [row[:1] + row[2:] for row in book(self.conn, "kind, state, outcome") if row[1] == "testimonial_request"]


@pytest.fixture
def desk(conn: Connection, settings: Settings, keyer: Keyer, load: Load, feedback: Make) -> Desk:
    """Three customers who may be written to and have said something that opens no case."""
    found = Desk(conn, settings, keyer)
    names = ("eva", "ina", "uwe")
    found.lists("customers", Customer, *(
        {"customer_key": found.key(n), "country": "DE", "email": f"{n}@example.org", "email_key": keyer.email(f"{n}@example.org")}
        for n in names
    ))  # fmt: skip
    found.lists("consents", Consent, *(
        {"customer_key": found.key(n), "channel": "email", "given_at": MONDAY, "confirmed_at": MONDAY, "wording": "Ja.",
         "proof": "Protokoll 1"} for n in names
    ))  # fmt: skip
    load([feedback(n, f"Wort von {n}.", **at(), **stars(4), author=n, customer_key=found.key(n)) for n in names])
    understood(conn)
    decide(settings)
    return found


def test_a_request_ends_with_the_consent_to_publish(desk: Desk) -> None:
    desk.listed(ina=80)
    assert desk.requests() == [("ina", "open", None)]
    # Without a proof nothing may be published, so there is still something to do.
    desk.consent("ina", proof=None)
    assert desk.requests() == [("ina", "open", None)]
    desk.consent("ina")
    assert desk.requests() == [("ina", "closed", "granted")]
    [(closed, opened)] = rows(
        desk.conn, "SELECT closed_at, opened_at FROM case_file WHERE kind = 'testimonial_request'"
    )
    assert closed == opened
    # Whoever thinks better of it was asked all the same, and is not asked again.
    desk.consent("ina", withdrawn_at=GIVEN + timedelta(days=1))
    assert desk.requests() == [("ina", "closed", "granted")]
    assert acts(desk.conn) == ["opened", "granted"]


def test_a_request_that_somebody_opens_again_waits_for_a_new_consent(desk: Desk) -> None:
    desk.listed(ina=80)
    desk.requests()
    desk.consent("ina")
    desk.requests()
    [(number,)] = rows(desk.conn, "SELECT case_id FROM case_file WHERE kind = 'testimonial_request'")
    desk.conn.rollback()
    act(desk.settings, f"V{number}", "reopen", by="marketing")
    assert desk.requests() == [("ina", "open", None)]


def test_a_consent_that_is_gone_or_somebody_elses_opens_the_request_again(desk: Desk) -> None:
    desk.listed(ina=80)
    desk.requests()
    desk.consent("ina")
    assert desk.requests() == [("ina", "closed", "granted")]
    with desk.conn.cursor() as cursor:
        cursor.execute("SELECT set_config('kundenecho.purpose', 'erase', true)")
        cursor.execute("DELETE FROM testimonial")
    desk.conn.commit()
    assert desk.requests() == [("ina", "open", None)]
    assert acts(desk.conn)[-1] == "proof_gone"


def test_whoever_has_consented_before_is_not_asked(desk: Desk) -> None:
    desk.consent("ina")
    desk.consent("uwe", customer_key=None, email_key=desk.keyer.email("uwe@example.org"))
    desk.listed(ina=80, uwe=70)
    assert desk.requests() == []


def test_no_more_requests_wait_than_the_rules_allow_and_the_strongest_come_first(desk: Desk, tmp_path: Any) -> None:
    desk.settings = with_rules(desk.settings, tmp_path, ("requests_open = 200", "requests_open = 2"))
    desk.listed(ina=60, uwe=90, eva=70)
    assert sorted(name for name, _, _ in desk.requests()) == ["eva", "uwe"]
    desk.consent("uwe")
    assert sorted(desk.requests()) == [("eva", "open", None), ("ina", "open", None), ("uwe", "closed", "granted")]


def test_a_granted_request_was_not_closed_without_an_answer() -> None:
    case = {
        "state": "closed",
        "outcome": "granted",
        "answered_at": None,
        "closed_at": datetime(2026, 5, 4, 8, tzinfo=UTC),
    }
    assert deadline(case, "Europe/Berlin") == "erledigt 04.05.2026 10:00"
    assert deadline({**case, "outcome": "solved"}, "Europe/Berlin") == "ohne Antwort geschlossen"


@pytest.mark.parametrize("outcome", ["recovered", "gone", "sent", "told", "granted"])
def test_what_rules_find_out_nobody_says_by_hand(outcome: str, desk: Desk) -> None:
    with pytest.raises(DataError, match="found by rule only"):
        act(desk.settings, "V1", "close", by="support", outcome=outcome)


def publish(conn: Connection) -> None:
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO remedy (product, component, defect, title, text, state)"
            " VALUES ('HM-120', 'deckel', 'leak', 'Dichtung drehen', 'Die Dichtung drehen.', 'published');"
            "INSERT INTO remedy_publication (remedy_id, channel, published_on, done_by)"
            " SELECT remedy_id, 'support', '2026-05-20', 'R. Lang' FROM remedy"
        )
    conn.commit()


def tell(desk: Desk, name: str, day: date) -> None:
    with desk.conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO remedy_told SELECT remedy_id, %s, 'post', %s, 'x' FROM remedy", (desk.key(name), day)
        )
    desk.conn.commit()


def test_a_remedy_told_by_a_list_ends_the_case_and_opens_none(desk: Desk, load: Load, feedback: Make) -> None:
    for name in ("ina", "uwe"):
        load(
            [feedback(f"{name} 2", f"Undicht, {name}.", **at(3), **stars(2), author=name, customer_key=desk.key(name))]
        )
    understood(desk.conn, {"ina 2": {"defects": ["leak"]}, "uwe 2": {"defects": ["leak"]}})
    decide(desk.settings)
    desk.conn.rollback()
    for (number,) in rows(desk.conn, "SELECT case_id FROM case_file"):
        desk.conn.rollback()
        act(desk.settings, f"V{number}", "close", by="support", outcome="solved")
    publish(desk.conn)
    tell(desk, "uwe", date(2026, 5, 21))
    decide(desk.settings)
    what = "kind, state, outcome"
    told = [row for row in book(desk.conn, what) if row[1] == "remedy_to_tell"]
    assert told == [("ina 2", "remedy_to_tell", "open", None)]
    tell(desk, "ina", datetime.now(UTC).date())
    decide(desk.settings)
    told = [row for row in book(desk.conn, what) if row[1] == "remedy_to_tell"]
    assert told == [("ina 2", "remedy_to_tell", "closed", "told")]
    assert rows(desk.conn, "SELECT detail FROM case_event WHERE act = 'told'") == [("R1",)]
    assert rows(desk.conn, "SELECT answered_at >= opened_at FROM case_file WHERE outcome = 'told'") == [(True,)]
