"""Who is whom on the real database: sure, likely, judged, parted again."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kundenecho.errors import DataError
from kundenecho.keying import Keyer
from kundenecho.records import Feedback
from kundenecho.settings import Settings
from pipeline.company_lists import import_list
from pipeline.persons import find_person, judge_accounts, settle, undo_judgement
from storage.connect import Connection
from storage.dirty import mark_dirty
from storage.load import LoadReport
from storage.person_lists import list_candidates, list_judgements
from tests.conftest import rows

Make = Callable[..., Feedback]
Load = Callable[..., LoadReport]


@pytest.fixture
def said(load: Load, feedback: Make, keyer: Keyer) -> Callable[..., None]:
    """Loads one feedback of an account."""

    def run(source: str, author: str, name: str | None = None, **values: Any) -> None:
        email, customer = values.pop("email", None), values.pop("customer", None)
        native_id = values.pop("native_id", f"{author} {source}")
        record = feedback(
            native_id,
            values.pop("text", f"Läuft, sagt {native_id} auf {source}, und das schon seit dem Frühling."),
            source=source,
            author=author,
            author_name=name,
            email_key=keyer.email(email),
            customer_key=keyer.customer(customer),
            **{"author_key": keyer.account(source, author), **values},
        )
        load([record], source=source)

    return run


@pytest.fixture
def people(conn: Connection, keyer: Keyer) -> Callable[..., dict[str, int]]:
    """Settles who is whom; gives the person by the accounts' display names."""

    def run(*, everything: bool = False) -> dict[str, int]:
        seqs = mark_dirty(conn, everything=everything)
        settle(conn, keyer, everything=everything)
        with conn.cursor() as cursor:
            cursor.execute("DELETE FROM dirty_key WHERE seq = ANY(%s)", (seqs,))
        conn.commit()
        return dict(rows(conn, "SELECT display_name, person_id FROM author JOIN author_name USING (author_id)"))

    return run


Said = Callable[..., None]
People = Callable[..., dict[str, int]]


def offered(conn: Connection) -> set[frozenset[str | None]]:
    return {frozenset((row["name_a"], row["name_b"])) for row in list_candidates(conn)}


def test_a_shared_e_mail_joins_by_itself(said: Said, people: People) -> None:
    said("shop", "1", "Anna B.", email="anna@example.org")
    said("dealer", "x", "abär77", email="ANNA@example.org ")
    found = people()
    assert found["Anna B."] == found["abär77"]


def test_the_customer_list_joins_number_and_address(
    said: Said, people: People, settings: Settings, tmp_path: Path
) -> None:
    said("survey", "1", "Umfrage", customer="K-7")
    said("dealer", "2", "Händler", email="anna@example.org")
    assert len(set(people().values())) == 2
    file = tmp_path / "customers.csv"
    file.write_text("customer_no,name,email\nK-7,Anna Berg,anna@example.org\n", encoding="utf-8")
    import_list(settings, "customers", file)
    assert len(set(people().values())) == 1


def test_two_customers_with_one_e_mail_are_offered_but_not_joined(conn: Connection, said: Said, people: People) -> None:
    said("shop", "1", "Anna Berg", email="bergs@example.org", customer="K-1")
    said("dealer", "2", "Bernd Berg", email="bergs@example.org", customer="K-2")
    found = people()
    assert found["Anna Berg"] != found["Bernd Berg"]
    assert offered(conn) == {frozenset(("Anna Berg", "Bernd Berg"))}
    # The next who comes with it alone is neither.
    said("portal", "3", "Berg C.", email="bergs@example.org")
    assert len(set(people().values())) == 3


def test_a_second_customer_parts_what_an_e_mail_had_joined(said: Said, people: People) -> None:
    said("shop", "1", "Anna Berg", email="bergs@example.org", customer="K-1")
    said("portal", "2", "A. Berg", email="bergs@example.org")
    before = people()
    assert before["Anna Berg"] == before["A. Berg"]
    said("dealer", "3", "Bernd Berg", email="bergs@example.org", customer="K-2")
    after = people()
    assert len(set(after.values())) == 3
    assert after["Anna Berg"] == before["Anna Berg"]


def test_a_collective_address_joins_nobody(said: Said, people: People) -> None:
    for number in range(21):
        said("shop", str(number), f"Kind {number}", email="keine@example.org")
    assert len(set(people().values())) == 21


@pytest.mark.parametrize("name", ["Amazon Kunde", "Michael", "Anonym", "Verifizierter Käufer", None])
def test_a_shared_display_name_alone_proposes_nobody(
    conn: Connection, said: Said, people: People, name: str | None
) -> None:
    said("shop", "1", name)
    said("dealer", "2", name)
    people()
    assert rows(conn, "SELECT count(DISTINCT person_id) FROM author") == [(2,)]
    assert list_candidates(conn) == []


def test_a_full_name_needs_a_product_or_a_place(conn: Connection, said: Said, people: People) -> None:
    said("shop", "1", "Wolf Hartmann")
    said("portal", "2", "Wolf Hartmann", product=None, product_name=None)
    people()
    assert offered(conn) == set()
    said("dealer", "3", "Hartmann, Wolf")
    people()
    assert offered(conn) == {frozenset(("Wolf Hartmann", "Hartmann, Wolf"))}


def test_names_that_contradict_are_not_offered(conn: Connection, said: Said, people: People) -> None:
    said("shop", "1", "Sabine Ohl")
    said("dealer", "2", "Sabine Oltmann")
    people()
    assert offered(conn) == set()


def test_one_handle_on_two_portals_is_offered(conn: Connection, said: Said, people: People) -> None:
    said("shop", "1", "mircop77")
    said("video", "2", "@MircoP77", product=None, product_name=None)
    said("dealer", "3", "Michael1")
    said("app", "4", "Michael1")
    people()
    assert offered(conn) == {frozenset(("mircop77", "@MircoP77"))}


def test_one_text_under_two_named_accounts_is_offered(conn: Connection, said: Said, people: People) -> None:
    text = "Seit drei Wochen steht sie nun daheim, und die Röstung verzeiht mir wirklich viel."
    said("shop", "1", "Gesine", text=text)
    said("portal", "2", "Frau B.", text=text.upper(), product=None, product_name=None)
    said("dealer", "3", "Ein Kunde", text=text)
    said("app", "4", None, text=text)
    people()
    assert offered(conn) == {frozenset(("Gesine", "Frau B."))}


def test_a_name_of_many_is_no_longer_offered(conn: Connection, said: Said, people: People) -> None:
    said("shop", "1", "Anna Müller")
    said("dealer", "2", "Anna Müller")
    people()
    assert len(offered(conn)) == 1
    for number in range(3, 7):
        said("portal", str(number), "Anna Müller", product=None, product_name=None)
    people()
    assert offered(conn) == set()


def test_a_judgement_joins_and_taken_back_parts(conn: Connection, said: Said, people: People) -> None:
    said("shop", "1", "Anna")
    said("dealer", "2", "Berta")
    said("portal", "3", "Cora")
    before = people()
    judge_accounts(conn, f"P{before['Berta']}", f"P{before['Cora']}", "same", "test")
    joined = people()
    assert joined == {**before, "Cora": before["Berta"]}
    assert find_person(conn, f"P{before['Cora']}") == before["Berta"]
    undo_judgement(conn, "J1", "test")
    assert people() == before
    with pytest.raises(DataError, match="J1 does not hold"):
        undo_judgement(conn, "J1", "test")


def test_imported_sure_evidence_does_not_beat_not_same(conn: Connection, said: Said, people: People) -> None:
    said("shop", "1", "Anna")
    said("dealer", "2", "Berta")
    people()
    judge_accounts(conn, "A1", "A2", "not_same", "test")
    said("shop", "1", "Anna", native_id="later", email="both@example.org")
    said("dealer", "2", "Berta", native_id="later still", email="both@example.org")
    found = people()
    assert found["Anna"] != found["Berta"]
    assert list_judgements(conn)[0]["against"] == ["email"]


def test_a_circle_of_judgements_is_refused(conn: Connection, said: Said, people: People) -> None:
    for number, name in enumerate(("Anna", "Berta", "Cora"), 1):
        said("shop", str(number), name)
    people()
    judge_accounts(conn, "A1", "A2", "same", "test")
    judge_accounts(conn, "A2", "A3", "same", "test")
    with pytest.raises(DataError, match="A1 and A3 are not same contradicts J1, J2"):
        judge_accounts(conn, "A1", "A3", "not_same", "test")
    conn.rollback()
    undo_judgement(conn, "J2", "test")
    judge_accounts(conn, "A1", "A3", "not_same", "test")
    with pytest.raises(DataError, match="contradicts J1, J3"):
        judge_accounts(conn, "A2", "A3", "same", "test")


@pytest.mark.parametrize(("one", "other"), [("A1", "A1"), ("A1", "A99"), ("Anna", "A1"), ("P1", "A1")])
def test_who_cannot_be_judged(conn: Connection, said: Said, people: People, one: str, other: str) -> None:
    said("shop", "1", "Anna")
    people()
    with pytest.raises(DataError):
        judge_accounts(conn, one, other, "same", "test")


def test_an_undecided_pair_is_offered_once(conn: Connection, said: Said, people: People) -> None:
    said("shop", "1", "mircop77")
    said("dealer", "2", "mircop77")
    people()
    judge_accounts(conn, "A1", "A2", "undecided", "test")
    assert list_candidates(conn) == []
    assert len(list_candidates(conn, undecided=True)) == 1
    judge_accounts(conn, "A1", "A2", "not_same", "test")
    assert list_candidates(conn, undecided=True) == []


def test_no_name_is_copied(conn: Connection, said: Said, people: People) -> None:
    said("shop", "1", "Wolf Hartmann")
    people()
    stored = rows(conn, "SELECT t::text FROM author_trait t") + rows(conn, "SELECT c::text FROM identity_candidate c")
    assert len(stored) == 4
    assert not [row for row in stored if "wolf" in row[0].lower() or "hartmann" in row[0].lower()]


def test_an_erased_account_leaves_no_judgement(conn: Connection, said: Said, people: People) -> None:
    said("shop", "1", "Anna")
    said("dealer", "2", "Berta")
    people()
    judge_accounts(conn, "A1", "A2", "same", "test")
    with conn.cursor() as cursor:
        cursor.execute("SELECT set_config('kundenecho.purpose', 'erase', true)")
        cursor.execute("DELETE FROM feedback WHERE author_id = 1; DELETE FROM author WHERE author_id = 1")
    conn.commit()
    assert rows(conn, "SELECT * FROM identity_judgement") == []
    assert len(people()) == 1


def state(conn: Connection) -> list[tuple[Any, ...]]:
    found = rows(conn, "SELECT source, author_key, person_id FROM author ORDER BY 1, 2")
    found += rows(conn, "SELECT * FROM author_trait ORDER BY 1, 2, 3")
    return found + rows(conn, "SELECT * FROM identity_candidate ORDER BY 1, 2, 3, 4")


@pytest.mark.parametrize("seed", range(2))
def test_step_by_step_equals_all_at_once(
    conn: Connection, said: Said, people: People, settings: Settings, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    names = ["Anna Müller", "A. Müller", "Anna M.", "mircop77", "Amazon Kunde", "Bernd Berg", None]
    for step in range(30):
        what = chance.random()
        known = [row[0] for row in rows(conn, "SELECT author_id FROM author WHERE person_id IS NOT NULL")]
        if what < 0.6 or len(known) < 2:
            said(
                chance.choice(["shop", "dealer", "portal"]),
                str(chance.randint(1, 6)),
                chance.choice(names),
                native_id=f"n{chance.randint(1, 12)}",
                text=f"Ein Text, der lang genug ist, um als Abschrift zu gelten: {chance.randint(1, 5)}.",
                email=chance.choice(["a@example.org", "b@example.org", None, None]),
                customer=chance.choice(["K-1", "K-2", None, None, None]),
                product=chance.choice(["HM-120", "HM-310", None]),
                created_at=datetime(2026, 5, 1 + step, tzinfo=UTC),
            )
        elif what < 0.8:
            one, other = chance.sample(known, 2)
            try:
                judge_accounts(conn, f"A{one}", f"A{other}", chance.choice(["same", "not_same", "undecided"]), "test")
            except DataError:
                conn.rollback()
        elif what < 0.9 and (judged := list_judgements(conn)):
            undo_judgement(conn, chance.choice(judged)["judgement_id"], "test")
        else:
            file = tmp_path / f"customers{step}.csv"
            file.write_text(
                f"customer_no,name,email,city\nK-{chance.randint(1, 2)},Anna Müller,"
                f"{chance.choice('ab')}@example.org,Kassel\n",
                encoding="utf-8",
            )
            import_list(settings, "customers", file)
        conn.commit()
        people()
    step_by_step = state(conn)
    people(everything=True)
    assert state(conn) == step_by_step
    assert len({person for _, _, person in rows(conn, "SELECT source, author_key, person_id FROM author")}) > 1
