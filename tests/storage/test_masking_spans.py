"""What the analysis found in a text is hidden from whoever reads a list, at every place of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kundenecho.analysis import Analysis, FieldSpan, Mention, Sentiment
from kundenecho.records import Feedback
from nlp.personal import in_fields
from storage.analyses import activate, ensure_lineage, unseen, write_analyses
from storage.connect import Connection
from storage.retain import retain
from storage.why import why
from tests.conftest import rows

As = Callable[[str], Connection]
TITLE = "Sabine, die Kanne tropft"
TEXT = (
    "Gekauft bei Murat. Die Kanne tropft, sagte auch Yvonne Zander. Büroklammer rein und fertig, meint Opa Heinz. "
    "Bin in der Gartenstraße 17, Kundennr. 0049-33, B-XY 1234, @ostsee_ole, null drei null zwei drei eins zwei fünf."
)
#: None of them is seen by the patterns of the database.
HIDDEN = (
    "Sabine", "Murat", "Yvonne", "Zander", "Heinz", "Gartenstraße", "0049-33", "XY 1234", "ostsee_ole", "null drei",
)  # fmt: skip


@pytest.fixture
def revision(conn: Connection, load: Callable[..., Any], feedback: Callable[..., Feedback]) -> tuple[int, int, int]:
    """One text with a defect, a fix and an advocate's reason; gives its revision, feedback and lineage."""
    load([feedback("1", TEXT, title=TITLE)])
    lineage = ensure_lineage(conn, {"engine": "test"})
    ((number, *_),) = unseen(conn, lineage.id, limit=2)
    write_analyses(conn, lineage.id, [(number, analysis())])
    activate(conn, lineage.id)
    decide_by_hand(conn, number, lineage.id)
    conn.commit()
    [(feedback_id,)] = rows(conn, "SELECT feedback_id FROM feedback")
    return number, feedback_id, lineage.id


def analysis() -> Analysis:
    person = TEXT.index("Yvonne")
    return Analysis(
        "de",
        Sentiment("negative", -0.8, 0.9),
        fixes=[FieldSpan("text", 0, len(TEXT))],
        mentions=[
            Mention("text", "function", "neg", (0, len(TEXT)), "Kanne", 23, 28, "Kanne", "leak"),
            Mention("title", "function", "neg", (0, len(TITLE)), "Kanne", 12, 17, "Kanne", "leak"),
            Mention("text", "service", "neg", (0, len(TEXT)), "Yvonne", person, person + 6, "Yvonne", "other_defect"),
        ],
        personal=in_fields(TITLE, TEXT),
    )


def decide_by_hand(conn: Connection, revision: int, lineage: int) -> None:
    """The rows that deciding would write, so that every view has one that shows the whole text."""
    with conn.cursor() as cursor:
        cursor.execute("INSERT INTO defect (product, component, defect) VALUES ('HM-120', 'kanne', 'leak')")
        cursor.execute("INSERT INTO product_figure VALUES ('HM-120', 1, 1, 0, 0, NULL, 0, NULL, true, NULL)")
        cursor.execute(
            "INSERT INTO defect_figure (defect_id, lineage_id, component_name, persons, mentions, signal, evidence_needed, fix_id)"
            " SELECT defect_id, %s, 'Kanne', 1, 1, 'too_little_data', 1, (SELECT fix_id FROM fix) FROM defect",
            (lineage,),
        )
        cursor.execute(
            "INSERT INTO defect_quote SELECT defect_id, row_number() OVER (ORDER BY mention_id), mention_id"
            " FROM defect, mention WHERE mention.defect = 'leak'"
        )
        cursor.execute("INSERT INTO person DEFAULT VALUES")
        cursor.execute("UPDATE author SET person_id = (SELECT person_id FROM person)")
        cursor.execute(
            "INSERT INTO advocate SELECT person_id, %s, 50, 'bond', true, 'no', 'keine', '{shop}' FROM person",
            (lineage,),
        )
        for rank, field, body in ((1, "text", TEXT), (2, "title", TITLE)):
            cursor.execute(
                "INSERT INTO advocate_reason SELECT person_id, %s, 'praise', 10, %s, %s, 0, %s FROM person",
                (rank, revision, field, len(body)),
            )


def shown(conn: Connection, view: str) -> str:
    return repr(rows(conn, f"SELECT * FROM lists.{view}"))


def views(conn: Connection, role: str) -> list[str]:
    return [
        name
        for (name,) in rows(
            conn,
            "SELECT relname FROM pg_class WHERE relnamespace = 'lists'::regnamespace AND relkind = 'v'"
            " AND has_table_privilege(%s, oid, 'SELECT')",
            f"kundenecho_{role}",
        )
    ]


@pytest.mark.parametrize("role", ["marketing", "product", "operations", "support"])
def test_no_role_reads_personal_data(role: str, revision: tuple[int, int, int], as_role: As, conn: Connection) -> None:
    readable = views(conn, role)
    reader = as_role(role)
    # Whoever answers a complaint must see it whole.
    pages = {view: shown(reader, view) for view in readable if view != "complaints"}
    quoting = {"defects", "defect_quotes", "advocate_reasons"} & set(pages)
    assert role == "operations" or quoting
    assert all("•" in pages[view] and "tropft" in pages[view] for view in quoting)
    assert [(view, word) for view, page in pages.items() for word in HIDDEN if word in page] == []
    if role == "support":
        assert all(word in shown(reader, "complaints") for word in HIDDEN)


def test_offsets_hold(revision: tuple[int, int, int], as_role: As) -> None:
    reader = as_role("product")
    quotes = rows(reader, "SELECT field, text FROM lists.defect_quotes ORDER BY rank")
    assert [(field, len(text)) for field, text in quotes] == [("text", len(TEXT)), ("title", len(TITLE))]
    masked = quotes[0][1]
    assert {a for a, b in zip(masked, TEXT, strict=True) if a != b} == {"•"}
    assert masked[23:28] == "Kanne"


def test_the_chain_hides_them_too(revision: tuple[int, int, int], conn: Connection) -> None:
    _, feedback_id, _ = revision
    for subject in (f"F{feedback_id}", "D1", "P1"):
        chain = why(conn, subject)
        assert chain["evidence"]
        assert [word for word in HIDDEN if word in repr(chain)] == [], subject


def test_a_person_is_no_component(revision: tuple[int, int, int], conn: Connection) -> None:
    [row] = rows(conn, "SELECT target, component, target_start FROM mention WHERE defect = 'other_defect'")
    assert row == (None, None, TEXT.index("Yvonne"))


def test_the_patterns_alone_hide_what_was_not_analysed(revision: tuple[int, int, int], conn: Connection) -> None:
    rows(conn, "UPDATE lineage SET state = 'retired' RETURNING 1")
    [(text,)] = rows(conn, "SELECT text FROM masked_revision")
    assert "Murat" in text
    text = "Murat, Tel. 030 23125 123"
    [(masked,)] = rows(conn, 'SELECT lists.mask(%s, \'{"[0,5)","[20,99)"}\'::int4range[])', text)
    assert masked == "•••••, Tel. " + "•" * 13


@pytest.mark.parametrize("body", [None, ""])
def test_nothing_stays_nothing(body: str | None, conn: Connection) -> None:
    assert rows(conn, "SELECT lists.mask(%s, '{\"[0,5)\"}'::int4range[])", body) == [(body,)]


def test_a_withdrawn_text_loses_its_spans(revision: tuple[int, int, int], conn: Connection) -> None:
    number, _, lineage = revision
    assert rows(conn, "SELECT count(*) > 8 FROM personal_span") == [(True,)]
    retain(conn, {"shop": 1}, datetime.now(UTC) + timedelta(days=9000))
    assert rows(conn, "SELECT count(*) FROM personal_span") == [(0,)]
    # An analysis that ends after the text went brings none back.
    rows(conn, "DELETE FROM analysis RETURNING 1")
    write_analyses(conn, lineage, [(number, analysis())])
    assert rows(conn, "SELECT count(*) FROM personal_span") == [(0,)]


def test_an_erased_text_loses_its_spans(revision: tuple[int, int, int], conn: Connection) -> None:
    rows(conn, "SELECT set_config('kundenecho.purpose', 'erase', true)")
    rows(conn, "DELETE FROM feedback RETURNING 1")
    assert rows(conn, "SELECT count(*) FROM personal_span") == [(0,)]
