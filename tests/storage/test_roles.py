"""Each role reads its lists and nothing else, however it tries."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg2
import pytest

from storage.connect import Connection, Database
from tests.conftest import fresh_database, rows

KPIS = {
    "kpis", "kpi_response_time", "kpi_recovered", "kpi_nps", "kpi_conversion", "kpi_churn", "kpi_actions",
    "kpi_customer_value", "kpi_loyalty",
}  # fmt: skip
JOURNEY = {"journey", "journey_transitions", "journey_quotes"}
REMEDIES = {
    "remedies", "remedy_offers", "remedy_quotes", "remedy_events", "remedy_effects", "remedy_returns",
}  # fmt: skip
READERS = {
    "marketing": {
        "advocates",
        "advocate_ranks",
        "advocate_reasons",
        "person_accounts",
        "person_candidates",
        "stages",
        "loop",
        "loop_transitions",
        *JOURNEY,
        "aggregate_ratings",
        "contactability",
        "offers",
        "offer_figures",
        "seal",
        "testimonials",
        "messages",
        "topics",
        "topic_quotes",
        "valuable_unhappy",
        *KPIS,
    },
    "product": {
        "kpi_response_time",
        "kpi_recovered",
        "kpi_nps",
        "loop",
        "loop_transitions",
        *JOURNEY,
        "aggregate_ratings",
        "copies",
        "defects",
        "defect_quotes",
        "part_decisions",
        "sales",
        "topics",
        "topic_quotes",
        *REMEDIES,
        "remedy_exports",
    },
    "support": {
        "advocates",
        "advocate_ranks",
        "advocate_reasons",
        "person_accounts",
        "person_candidates",
        "stages",
        "loop",
        "loop_transitions",
        *JOURNEY,
        "copies",
        "part_decisions",
        "defects",
        "defect_quotes",
        "complaints",
        *REMEDIES,
        "messages",
        "cases",
        "case_events",
        "valuable_unhappy",
        *KPIS,
    },
    "operations": {
        "aggregate_ratings",
        "runs",
        "freshness",
        "rejections",
        "company_lists",
        "deliveries",
        "message_deliveries",
        "remedy_exports",
        "exports",
        "erasures",
    },
}
VIEWS = set().union(*READERS.values())
As = Callable[[str], Connection]


@pytest.fixture(scope="module")
def db(cluster: str) -> Iterator[Database]:
    """One for all of them: what is tried is refused or taken back."""
    with fresh_database(cluster) as found:
        yield found


def refused(conn: Connection, statement: str) -> bool:
    try:
        with conn.cursor() as cursor:
            cursor.execute(statement)
    except psycopg2.Error:
        conn.rollback()
        return True
    conn.rollback()
    return False


@pytest.mark.parametrize("role", READERS)
def test_reads_its_own_lists_only(role: str, as_role: As) -> None:
    conn = as_role(role)
    readable = {view for view in VIEWS if not refused(conn, f"SELECT * FROM lists.{view}")}
    assert readable == READERS[role]


def test_every_view_belongs_to_somebody(conn: Connection) -> None:
    assert {name for (name,) in rows(conn, "SELECT viewname FROM pg_views WHERE schemaname = 'lists'")} == VIEWS


@pytest.mark.parametrize("role", READERS)
def test_no_table_is_readable(role: str, as_role: As, conn: Connection) -> None:
    names = rows(
        conn, "SELECT relname FROM pg_class WHERE relnamespace = 'kundenecho'::regnamespace AND relkind IN ('r','v')"
    )
    reader = as_role(role)
    assert len(names) > 20
    assert all(refused(reader, f"SELECT * FROM kundenecho.{name} LIMIT 1") for (name,) in names)


ATTEMPTS = (
    "RESET ROLE; SELECT * FROM kundenecho.author_name",
    "SET ROLE postgres",
    "SET ROLE kundenecho_support",
    "SET SESSION AUTHORIZATION postgres",
    "CREATE TABLE lists.copy AS SELECT 1",
    "CREATE TABLE public.copy AS SELECT 1",
    "CREATE TEMP TABLE copy AS SELECT 1",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RETURN true; END $$",
    "SELECT pg_read_file('postgresql.conf')",
    "COPY (SELECT 1) TO PROGRAM 'cat'",
    "COPY kundenecho.revision TO STDOUT",
    "SELECT lo_create(0)",
    "SELECT query_to_xml('SELECT * FROM kundenecho.revision', true, true, '')",
    "DO $$ BEGIN PERFORM * FROM kundenecho.author_name; END $$",
    "SELECT rolpassword FROM pg_authid",
    "ALTER VIEW lists.advocates SET (security_barrier = false)",
    "SELECT kundenecho.revision_is_append_only()",
    "DELETE FROM lists.advocates",
)


@pytest.mark.parametrize("role", READERS)
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_ways_around_are_closed(role: str, attempt: str, as_role: As) -> None:
    if attempt == "SET ROLE kundenecho_support" and role == "support":
        pytest.skip("a role may become itself")
    assert refused(as_role(role), attempt)


@pytest.mark.parametrize("role", READERS)
def test_statistics_show_no_content(role: str, as_role: As) -> None:
    assert rows(as_role(role), "SELECT * FROM pg_stats WHERE schemaname = 'kundenecho'") == []


def test_pipeline_writes_rows_but_no_tables(as_role: As) -> None:
    conn = as_role("pipeline")
    assert not refused(conn, "INSERT INTO kundenecho.run (step) VALUES ('collect')")
    assert not refused(conn, "SELECT * FROM lists.defects")
    assert refused(conn, "DROP TABLE kundenecho.run")
    assert refused(conn, "CREATE TABLE kundenecho.mine (x int)")
    assert refused(conn, "DELETE FROM kundenecho.schema_migration")


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Ruft mich an: 030 23125 123", "030 23125 123"),
        ("Tel. 0152/28817386 ab 18 Uhr", "0152/28817386"),
        ("oder +49 171 39200 12.", "+49 171 39200 12"),
        ("Mail an anna.b@example.org bitte", "anna.b@example.org"),
        ("Danke an Herrn Müller-Lüdenscheidt!", "Herrn Müller-Lüdenscheidt"),
        ("Frau Dr. Yıldız war super", "Frau Dr. Yıldız"),
        ("Bestellung HB-4000123 fehlt", "HB-4000123"),
        ("IBAN DE02 1203 0000 0000 2020 51", "DE02 1203 0000 0000 2020 51"),
    ],
)
def test_mask_keeps_the_length(conn: Connection, text: str, hidden: str) -> None:
    [(masked,)] = rows(conn, "SELECT lists.mask(%s)", text)
    assert masked == text.replace(hidden, "•" * len(hidden))


@pytest.mark.parametrize("text", ["Seit 2 Wochen 5 Sterne", "Modell HM-310, 1450 Watt", "Am 12.03.2026 gekauft"])
def test_mask_leaves_the_rest(conn: Connection, text: str) -> None:
    assert rows(conn, "SELECT lists.mask(%s)", text) == [(text,)]


def test_names_sort_as_germans_expect(conn: Connection) -> None:
    names = ["Zange", "Äpfel", "Apfel", "Straße", "Strasse b"]
    found = rows(conn, "SELECT n FROM unnest(%s) AS n ORDER BY lists.sort_key(n), n", names)
    assert [n for (n,) in found] == ["Apfel", "Äpfel", "Straße", "Strasse b", "Zange"]
