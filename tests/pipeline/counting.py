"""A small world whose texts say what they mean, for tests of counting: no understanding, the real database."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from kundenecho.analysis import Analysis, FieldSpan, Mention, Term
from kundenecho.settings import Settings
from pipeline.decide import decide
from storage.analyses import activate, ensure_lineage, unseen, write_analyses
from storage.connect import Connection
from storage.remedy_effects import EffectRow
from tests.conftest import rows

TYPES = {"undicht": "leak", "verstopft": "blockage"}
_TALKED = {"undicht": "Wasser", "verstopft": "Kalk"}
_HEADS = {"Auslaufdüse": "düse", "Kaffeedüse": "düse", "Wassertank": "tank"}
_HELPED = re.compile(r"Mit einer (\w+) ging es wieder")
_SAID = re.compile(r"(?:Der|Die|Das) (\w+) ist (undicht|verstopft)|^Alles ist (undicht|verstopft)")


def read(text: str, types: dict[str, str]) -> Analysis:
    """What such a text says: parts that are leaky or blocked, what helped, and whether something was given for it."""
    mentions = [
        Mention(
            "text", "function", "neg", (hit.start(), hit.end()), component=hit[1],
            defect=types[hit[2] or hit[3]], confidence=0.9,
        )
        for hit in _SAID.finditer(text)
        if (hit[2] or hit[3]) in types
    ]  # fmt: skip
    given = text.find("kostenlos")
    span = FieldSpan("text", given, given + 9) if given >= 0 else None
    helped = list(_HELPED.finditer(text))
    fixes = [FieldSpan("text", *hit.span()) for hit in helped]
    terms = [Term("text", *hit.span(1), hit.span(), hit[1].lower(), hit[1]) for hit in helped]
    for hit in _SAID.finditer(text):
        noun, said = hit[1] or "Alles", hit[2] or hit[3]
        if said in types:
            place = ("text", *hit.span(1 if hit[1] else 0), hit.span())
            terms.append(Term(*place, _TALKED[said].lower(), _TALKED[said], common=True))
            terms.append(Term(*place, noun.lower(), noun, _HEADS.get(noun), said, f"{noun} {said}", common=True))
    return Analysis(language="de", mentions=mentions, incentivised=span, fixes=fixes, terms=terms)


def understand(conn: Connection, lineage: str = "first", types: dict[str, str] = TYPES) -> None:
    """Analyse what a lineage has not seen, and make it the active one."""
    found = ensure_lineage(conn, {"test": lineage})
    texts = unseen(conn, found.id, limit=10_000)
    write_analyses(conn, found.id, [(row.revision_id, read(row.text or "", types)) for row in texts])
    if found.state != "active":
        activate(conn, found.id)
    conn.commit()


def snapshot(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """All that decide writes, by natural keys, without times."""
    figures = [
        name
        for (name,) in rows(
            conn,
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'kundenecho'"
            " AND table_name = 'defect_figure' AND column_name NOT IN ('defect_id', 'decided_at', 'lineage_id')",
        )
    ]
    found = {
        "products": rows(conn, "SELECT * FROM product_figure ORDER BY product"),
        "names": rows(conn, "SELECT * FROM component_count ORDER BY 1, 2, 3, 4"),
        "counted": rows(conn, "SELECT * FROM counted_feedback ORDER BY 1"),
        "figures": rows(
            conn,
            f"SELECT d.product, d.component, d.defect, l.digest, {', '.join(sorted(figures))}"
            " FROM defect_figure JOIN defect d USING (defect_id) JOIN lineage l USING (lineage_id) ORDER BY 1, 2, 3",
        ),
        "aliases": rows(conn, "SELECT product, defect, component, canonical FROM component_alias ORDER BY 1, 2, 3"),
        "quotes": rows(
            conn,
            "SELECT d.product, d.component, d.defect, q.rank, q.mention_id FROM defect_quote q"
            " JOIN defect d USING (defect_id) ORDER BY 1, 2, 3, 4",
        ),
        "collapses": rows(
            conn, "SELECT feedback_id, counts_as, copy_digest, kind, similarity FROM collapse ORDER BY 1"
        ),
        "groups": rows(conn, "SELECT kind, name, products, persons FROM topic_group ORDER BY 1, 2"),
        "topics": rows(
            conn,
            "SELECT t.product, g.anchor, l.digest, t.label, t.terms, t.persons, t.share, t.first_seen, t.last_seen,"
            " t.salience FROM lists.topics t JOIN topic g ON t.topic_id = 'T' || g.topic_id"
            " JOIN topic_figure f ON f.topic_id = g.topic_id JOIN lineage l USING (lineage_id) ORDER BY 1, 2",
        ),
        "members": rows(
            conn,
            "SELECT g.name, t.anchor, m.key, m.construction FROM topic_member m JOIN topic_group g USING (group_id)"
            " JOIN topic t USING (topic_id) ORDER BY 1, 2, 3, 4",
        ),
        "topic quotes": rows(
            conn,
            "SELECT g.name, t.anchor, q.rank, q.term_id FROM topic_quote q JOIN topic t USING (topic_id)"
            " JOIN topic_group g USING (group_id) ORDER BY 1, 2, 3",
        ),
        "advocates": rows(conn, "SELECT person_id, score, stage, listed FROM advocate ORDER BY 1"),
        "offers": rows(
            conn,
            "SELECT d.product, d.component, d.defect, x.rank, x.fix_id, x.means, x.written, x.persons, x.named_by"
            " FROM defect_fix x JOIN defect d USING (defect_id) ORDER BY 1, 2, 3, 4",
        ),
        "effects": rows(
            conn,
            f"SELECT {', '.join(EffectRow._fields)} FROM remedy_effect ORDER BY remedy_id, part",
        ),
        "returns": rows(
            conn, "SELECT remedy_id, rank, revision_id, field, quote_start FROM remedy_return ORDER BY 1, 2"
        ),
    }
    conn.rollback()
    return found


def from_nothing(conn: Connection, settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    """The same after everything that decide keeps was thrown away and computed anew."""
    with conn.cursor() as cursor:
        # The sketch of a withdrawn text cannot be made again; it is kept for that.
        cursor.execute(
            "DELETE FROM copy_sketch s"
            " WHERE EXISTS (SELECT FROM revision r WHERE r.copy_digest = s.copy_digest AND r.text IS NOT NULL)"
        )
        cursor.execute("DELETE FROM collapse; DELETE FROM component_alias")
        cursor.execute("DELETE FROM defect_figure; DELETE FROM defect_quote; DELETE FROM defect_fix")
        cursor.execute("DELETE FROM remedy_effect; DELETE FROM remedy_return")
        cursor.execute("DELETE FROM topic_group")
        cursor.execute("DELETE FROM product_figure; DELETE FROM component_count; DELETE FROM counted_feedback")
    conn.commit()
    decide(settings, everything=True)
    return snapshot(conn)


Load = Callable[..., object]
