"""Routine messages through a real mail server: nothing before approval, only to whom it is allowed, each once."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kundenecho.company_lists import Consent, Customer, Unsubscribe
from kundenecho.errors import DataError, RetryError, SettingsError
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from kundenecho.settings import Settings
from pipeline.messages import draft, edit, move, show
from pipeline.persons import settle
from pipeline.send_messages import send_messages
from storage.connect import Connection
from storage.dirty import mark_dirty
from tests.conftest import rows
from tests.pipeline.receivers import MailServer, mail_server
from tests.storage.test_company_lists import load_list
from tests.storage.test_contact import KINDS

NOW = datetime.now(UTC)
TEXT = "Guten Tag,\n\ndas Team von {firma} freut sich."

#: Whose case waits for an answer, and what speaks for or against writing to her: exactly those who are True get it.
PEOPLE: dict[str, tuple[bool, dict[str, Any]]] = {
    "confirmed": (True, {}),
    "no customer": (False, {"customer": False}),
    "no consent": (False, {"consent": None}),
    "not confirmed": (False, {"consent": {"confirmed_at": None}}),
    "withdrawn": (False, {"consent": {"withdrawn_at": NOW - timedelta(days=1)}}),
    "in the future": (False, {"consent": {"given_at": NOW + timedelta(days=9)}}),
    "telephone only": (False, {"consent": {"channel": "phone"}}),
    "unsubscribed": (False, {"unsubscribed": True}),
    "no address": (False, {"email": None}),
    "speaks French": (False, {"language": "fr"}),
    "objects": (False, {"objects": True}),
    "unhappy": (False, {"rating": 1.0}),
    "waits for an answer": (False, {"complains": True}),
    "old": (False, {"days": 90}),
    "answered": (False, {"state": "answered"}),
}


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def office(settings: Settings, mails: MailServer) -> Settings:
    values = {
        "company.name": "Hallmeyer", "alerts.smtp_host": "127.0.0.1", "alerts.smtp_port": mails.port,
        "messages.email_from": "Hallmeyer <service@hallmeyer.example>", "messages.unsubscribe": "ab@hallmeyer.example",
    }  # fmt: skip
    return replace(settings, values={**settings.values, **values})


def open_case(conn: Connection, kind: str, days: float = 3, state: str = "open", **of: Any) -> int:
    columns = ", ".join(of)
    with conn.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO case_file (kind, channel, opened_at, due_at, team, owner, priority, state, {columns})"
            f" VALUES (%s, 'shop', %s, now(), 'marketing', 'marketing', 4, %s{', %s' * len(of)}) RETURNING case_id",
            (kind, NOW - timedelta(days=days), state, *of.values()),
        )
        [(case,)] = cursor.fetchall()
    return int(case)


def lists_of(keyer: Keyer, number: int, facts: dict[str, Any]) -> list[Any]:
    key, email = keyer.customer(f"K-{number}"), facts.get("email", f"c{number}@example.org")
    blank = dict.fromkeys(("city", "postcode", "value_eur", "segment", "phone", "customer_since", "phone_key"))
    found: list[Any] = [
        Customer(**{**blank, "customer_key": str(key), "email_key": keyer.email(email), "name": "Ina", "email": email,
                    "country": "DE", "language": facts.get("language")})
    ]  # fmt: skip
    given = NOW - timedelta(days=90)
    if facts.get("consent", {}) is not None:
        agreed = {
            "channel": "email",
            "given_at": given,
            "confirmed_at": given,
            "withdrawn_at": None,
            **facts.get("consent", {}),
        }
        found.append(Consent(key, None, wording="Ja, gern.", proof="Formular", source_ref=None, **agreed))
    if facts.get("unsubscribed"):
        found.append(Unsubscribe(key, None, "email", NOW - timedelta(days=2), None))
    return found


@pytest.fixture
def people(conn: Connection, keyer: Keyer, load: Any, feedback: Callable[..., Feedback]) -> dict[str, int]:
    """Everybody of the table with the case of a thank-you; gives the cases by name."""
    found = [row for n, (_, facts) in enumerate(PEOPLE.values()) if facts.get("customer", True)
             for row in lists_of(keyer, n, facts)]  # fmt: skip
    for row_type, kind in KINDS.items():
        if of_kind := [row for row in found if type(row) is row_type]:
            load_list(conn, kind, of_kind)
    load([
        feedback(name, author=name, customer_key=keyer.customer(f"K-{n}"), rating_1_5=facts.get("rating", 5.0),
                 created_at=NOW - timedelta(days=5))
        for n, (name, (_, facts)) in enumerate(PEOPLE.items())
    ])  # fmt: skip
    mark_dirty(conn)
    settle(conn, keyer)
    cases = {}
    ids = dict(rows(conn, "SELECT native_id, feedback_id FROM feedback"))
    for n, (name, (_, facts)) in enumerate(PEOPLE.items()):
        of = {"feedback_id": ids[name], "revision_number": 1}
        cases[name] = open_case(conn, "thanks", facts.get("days", 3), facts.get("state", "open"), **of)
        if facts.get("complains"):
            open_case(conn, "question", **of)
        if facts.get("objects"):
            with conn.cursor() as cursor:
                cursor.execute("INSERT INTO objection (noted_by) VALUES ('x') RETURNING objection_id")
                [(objection,)] = cursor.fetchall()
                cursor.execute(
                    "INSERT INTO objection_key VALUES (%s, 'customer', %s)", (objection, keyer.customer(f"K-{n}"))
                )
    conn.commit()
    return cases


def approved(office: Settings, kind: str = "thanks", body: str = TEXT) -> str:
    message = draft(office, kind, by="Jana", subject="Danke", body=body)
    move(office, message, "approve", by="Peter")
    return message


def receipts(conn: Connection) -> list[tuple[Any, ...]]:
    return rows(conn, "SELECT outcome, final, detail, attempt FROM lists.message_deliveries ORDER BY delivery_id")


def test_only_approved_only_to_whom_it_is_allowed_and_once(
    office: Settings, mails: MailServer, conn: Connection, people: dict[str, int]
) -> None:
    message = draft(office, "thanks", by="Jana", subject="Danke", body=TEXT)
    assert send_messages(office) == {"sent": 0, "not_sent": 0, "later": 0}
    assert mails.received == [], "a draft is sent to nobody"
    move(office, message, "approve", by="Peter")
    assert send_messages(office) == {"sent": 1, "not_sent": 0, "later": 0}
    numbers = [n for n, (allowed, _) in enumerate(PEOPLE.values()) if allowed]
    assert [to for to, _ in mails.received] == [[f"c{n}@example.org"] for n in numbers]
    [(_, mail)] = mails.received
    assert (mail["From"], mail["Subject"]) == ("Hallmeyer <service@hallmeyer.example>", "Danke")
    assert mail["List-Unsubscribe"] == "<mailto:ab@hallmeyer.example>"
    assert "das Team von Hallmeyer freut sich." in mail.get_content()
    assert "keine Nachrichten mehr von uns? ab@hallmeyer.example" in mail.get_content()
    # Its case is closed by it; the others are left to people.
    closed = rows(conn, "SELECT case_id, outcome, answered_at IS NOT NULL FROM case_file WHERE state = 'closed'")
    assert closed == [(people["confirmed"], "sent", True)]
    events = "SELECT act, state, actor, detail FROM case_event WHERE case_id = %s"
    assert rows(conn, events, people["confirmed"]) == [("sent", "closed", "rule", message)]
    # It counts as a contact, and is not sent twice; nor is a second thank-you to the same person.
    assert rows(conn, "SELECT contacts FROM contactable_customer WHERE channel = 'email' AND contacts > 0") == [(1,)]
    open_case(
        conn, "thanks", origin="again", customer_key=rows(conn, "SELECT customer_key FROM message_delivery")[0][0]
    )
    conn.commit()
    assert send_messages(office)["sent"] == 0
    assert receipts(conn) == [("delivered", False, None, 1)]
    # A withdrawn text is sent to nobody, whoever may be written to now.
    move(office, message, "withdraw", by="Peter")
    with conn.cursor() as cursor:
        cursor.execute("UPDATE case_file SET state = 'open' WHERE case_id = %s", (people["answered"],))
    conn.commit()
    assert send_messages(office)["sent"] == 0


def test_a_refusal_for_the_moment_is_tried_again_and_one_for_good_is_left_to_people(
    office: Settings, mails: MailServer, conn: Connection, people: dict[str, int]
) -> None:
    approved(office)
    mails.refused["c0@example.org"] = 451
    assert send_messages(office) == {"sent": 0, "not_sent": 0, "later": 1}
    mails.refused["c0@example.org"] = 550
    assert send_messages(office) == {"sent": 0, "not_sent": 1, "later": 0}
    del mails.refused["c0@example.org"]
    assert send_messages(office) == {"sent": 0, "not_sent": 0, "later": 0}
    assert mails.received == []
    assert receipts(conn) == [("failed", False, "SMTP 451", 1), ("failed", True, "SMTP 550", 2)]
    assert rows(conn, "SELECT act, state, detail FROM case_event") == [("not_sent", "open", "M1 SMTP 550")]
    assert rows(conn, "SELECT max(contacts) FROM contactable_customer") == [(0,)], "nobody was reached"


def test_what_may_have_arrived_is_not_repeated(
    office: Settings, mails: MailServer, conn: Connection, people: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    approved(office)

    def breaks(*_: object, **__: object) -> None:
        raise smtplib.SMTPServerDisconnected("c0@example.org was being written to")

    with monkeypatch.context() as patch:
        patch.setattr(smtplib.SMTP, "send_message", breaks)
        assert send_messages(office) == {"sent": 0, "not_sent": 1, "later": 0}
    assert send_messages(office)["sent"] == 0
    assert mails.received == []
    assert receipts(conn) == [("unknown", False, "SMTPServerDisconnected", 1)]
    # So is one that a crash cut off before anybody knew.
    with conn.cursor() as cursor:
        cursor.execute("UPDATE message_delivery SET outcome = 'sending', ended_at = NULL")
    conn.commit()
    assert send_messages(office) == {"sent": 0, "not_sent": 1, "later": 0}
    assert receipts(conn) == [("unknown", False, "abgebrochen", 1)]
    assert rows(conn, "SELECT max(contacts) FROM contactable_customer") == [(1,)]


def test_a_welcome_and_who_has_just_unsubscribed(
    office: Settings, mails: MailServer, conn: Connection, keyer: Keyer
) -> None:
    """By default nobody is written to who said no; the company may decide to confirm it, which tells nothing else."""
    new, gone, objecting = (keyer.customer(f"K-{n}") for n in range(3))
    for row_type, kind in KINDS.items():
        found = [row for n, facts in enumerate([{}, {"unsubscribed": True}, {"unsubscribed": True}])
                 for row in lists_of(keyer, n, facts) if type(row) is row_type]  # fmt: skip
        if found:
            load_list(conn, kind, found)
    with conn.cursor() as cursor:
        cursor.execute("INSERT INTO objection (noted_by) VALUES ('x') RETURNING objection_id")
        cursor.execute("INSERT INTO objection_key SELECT objection_id, 'customer', %s FROM objection", (objecting,))
    open_case(conn, "welcome", origin="customer", customer_key=new)
    for number, key in enumerate((gone, objecting)):
        open_case(conn, "unsubscribe_confirmation", origin=f"u{number}", customer_key=key)
        open_case(conn, "welcome", origin=f"w{number}", customer_key=key)
    conn.commit()
    approved(office, "welcome")
    approved(office, "unsubscribe_confirmation", "Sie sind abgemeldet.")
    assert send_messages(office)["sent"] == 1
    assert [to for to, _ in mails.received] == [["c0@example.org"]]
    confirming = replace(office, values={**office.values, "messages.confirm_unsubscribes": "yes"})
    assert send_messages(confirming)["sent"] == 1
    assert mails.received[-1][0] == ["c1@example.org"]
    assert "Sie sind abgemeldet." in mails.received[-1][1].get_content()
    assert rows(conn, "SELECT kind, legal_basis FROM lists.message_deliveries ORDER BY delivery_id")[-1] == (
        "unsubscribe_confirmation", "Art. 12 Abs. 3 DSGVO",
    )  # fmt: skip


def test_what_is_missing_is_said_before_anything_is_sent(
    office: Settings, mails: MailServer, conn: Connection, people: dict[str, int]
) -> None:
    def without(name: str) -> Settings:
        return replace(office, values={**office.values, name: ""})

    assert send_messages(without("messages.email_from"))["sent"] == 0, "nothing is approved, so nothing is missing"
    approved(office)
    for name in ("messages.email_from", "messages.unsubscribe", "alerts.smtp_host"):
        with pytest.raises(SettingsError, match=name):
            send_messages(without(name))
    with pytest.raises(RetryError, match="cannot be reached"):
        send_messages(replace(office, values={**office.values, "alerts.smtp_port": 1}))
    with pytest.raises(SettingsError, match="offers no encryption"):
        send_messages(replace(office, values={**office.values, "alerts.smtp_security": "starttls"}))
    assert receipts(conn) == []
    assert mails.received == []


def test_from_draft_to_approval(office: Settings) -> None:
    message = draft(office, "welcome", by="Jana")
    assert "Willkommen bei Hallmeyer!" in show(office, message)["as_sent"]
    edit(office, message, by="Jana", subject="Willkommen!")
    for wrong, said in (("Hallo {name}", "nothing fills {name} in"), (" ", "empty"), ("x" * 4001, "longer than 4000")):
        with pytest.raises(DataError, match=said):
            edit(office, message, by="Jana", body=wrong)
    move(office, message, "approve", by="Peter")
    with pytest.raises(DataError, match="messages revise M1"):
        edit(office, message, by="Jana", body="Anders")
    other = draft(office, "welcome", by="Jana")
    with pytest.raises(DataError, match="M1 is approved for welcome already"):
        move(office, other, "approve", by="Peter")
    move(office, message, "revise", by="Peter")
    move(office, message, "withdraw", by="Peter")
    with pytest.raises(DataError, match="messages reopen M1"):
        move(office, message, "approve", by="Peter")
    move(office, message, "reopen", by="Peter")
    found = show(office, message)
    assert (found["state"], found["author"], found["approved_by"], found["subject"]) == (
        "draft",
        "Jana",
        None,
        "Willkommen!",
    )
    with pytest.raises(DataError, match="answered by no message"):
        draft(office, "complaint", by="Jana")
    with pytest.raises(DataError, match="M9 is not known"):
        show(office, "M9")
