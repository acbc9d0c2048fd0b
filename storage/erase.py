"""Erasing a person: every row goes in one transaction, a keyed block stays, and a receipt that names nobody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import Json, execute_values

from storage.subject import Subject

#: Tables that an erasure's sweep leaves alone: what is deleted by name below, and what must stay.
_NOT_SWEPT: Final = frozenset(
    "schema_migration person author feedback revision fragment page blocked_key erasure dirty_key".split()  # noqa: SIM905
)
#: Keys of another kind, which no account, address or customer has; their rows go with the account.
_OTHER_KEYS: Final = ("author_trait.key",)
#: Columns that point at a person's rows, besides every column of keys.
_IDS: Final = {"feedback_id": "feedback", "author_id": "authors", "person_id": "persons"}


class FeedbackKey(NamedTuple):
    """Identity of a feedback at its source."""

    source: str
    account: str
    native_id: str


def identities(conn: Connection, subject: Subject) -> list[FeedbackKey]:
    """Where the feedback of a person stands at its sources."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT source, account, native_id FROM feedback WHERE feedback_id = ANY(%s)", (subject.feedback,)
        )
        return [FeedbackKey._make(row) for row in cursor]


def words_of(conn: Connection, subject: Subject) -> list[str]:
    """Names, addresses, texts and links of a person, by which files and refused rows are searched.

    Returns:
        Texts of at least four characters; shorter ones would hit by chance.
    """
    with conn.cursor() as cursor:
        cursor.execute(
            _WORDS, {"authors": subject.authors, "feedback": subject.feedback, "customers": subject.customers}
        )
        return [row[0] for row in cursor]


_WORDS = """
SELECT DISTINCT w.word FROM (
    SELECT display_name FROM author_name WHERE author_id = ANY(%(authors)s)
    UNION ALL SELECT unnest(ARRAY[title, text]) FROM revision WHERE feedback_id = ANY(%(feedback)s)
    UNION ALL SELECT url FROM feedback WHERE feedback_id = ANY(%(feedback)s)
    UNION ALL SELECT unnest(ARRAY[name, email]) FROM customer WHERE customer_key = ANY(%(customers)s)
) w (word) WHERE length(w.word) >= 4
"""


def held(conn: Connection, subject: Subject, *, read: bool = True) -> dict[str, int]:
    """How many rows of each kind are held on a person, by the names that the receipt uses.

    Args:
        conn: Connection.
        subject: The person.
        read: Also what was read in the person's texts, which takes long where there are thousands.
    """
    counts: dict[str, int] = {}
    with conn.cursor() as cursor:
        for name, query in (_COUNTS | _READ if read else _COUNTS).items():
            cursor.execute(
                query,
                {"feedback": subject.feedback, "authors": subject.authors, "persons": subject.persons,
                 "keys": list(subject.keys)},
            )  # fmt: skip
            counts[name] = _one(cursor)
        for table, condition in swept(cursor, subject):
            cursor.execute(sql.SQL("SELECT count(*) FROM {} WHERE ").format(sql.Identifier(table)) + condition)
            counts[table] = _one(cursor)
    return {name: count for name, count in counts.items() if count}


#: What hangs on revisions, the referring tables first. It would go with them, but row by row: seconds for thousands.
_OF_REVISIONS: Final = "revision_id IN (SELECT revision_id FROM revision WHERE feedback_id = ANY(%(feedback)s))"
_ANALYSED: Final = {
    "defect_quote": f"mention_id IN (SELECT mention_id FROM mention WHERE {_OF_REVISIONS})",  # noqa: S608  our own names
    **dict.fromkeys(("mention", "fix", "personal_span", "term", "moment", "analysis"), _OF_REVISIONS),
}
_COUNTS: Final = {
    "feedback": "SELECT count(*) FROM feedback WHERE feedback_id = ANY(%(feedback)s)",
    "author": "SELECT count(*) FROM author WHERE author_id = ANY(%(authors)s)",
    "revision": "SELECT count(*) FROM revision WHERE feedback_id = ANY(%(feedback)s)",
    "fragment": "SELECT count(DISTINCT fragment_digest) FROM revision WHERE feedback_id = ANY(%(feedback)s)",
    "referee_key": "SELECT count(*) FROM feedback"
    " WHERE extra ? 'referee_key' AND extra ->> 'referee_key' = ANY(%(keys)s)",
}
_READ: Final = {table: f"SELECT count(*) FROM {table} WHERE {rows}" for table, rows in _ANALYSED.items()}  # noqa: S608


def erase(
    conn: Connection, subject: Subject, blocks: Iterable[tuple[str, str]], words: Sequence[str]
) -> dict[str, int]:
    """Delete everything that is held on a person and block what it could come back by.

    The products, persons and copies that it reached are marked, so that the next decide counts without it.

    Args:
        conn: Connection; :func:`wait_for_loads` ran in the same transaction, the caller commits.
        subject: The person.
        blocks: Kind and key that are not taken in again.
        words: From :func:`words_of`, for the refused rows.

    Returns:
        Rows that went, by table.
    """
    # Before the first row goes, since some take others with them.
    counts = held(conn, subject, read=False)
    values = {"feedback": subject.feedback, "authors": subject.authors, "persons": subject.persons,
              "keys": list(subject.keys)}  # fmt: skip
    with conn.cursor() as cursor:
        cursor.execute("SELECT set_config('kundenecho.purpose', 'erase', true)")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(_MARK, values)
        counts["rejected"] = _delete_rejected(cursor, subject, words)
        cursor.execute(_LOOSE_REFEREES, values)
        fragments = [row[0] for row in cursor if row[0]]
        cursor.execute(_CONTENT, values)
        found = cursor.fetchall()
        fragments += [digest for digest, _ in found if digest]
        cursor.execute(_VALIDATORS, values)
        for table, condition in swept(cursor, subject):
            cursor.execute(sql.SQL("DELETE FROM {} WHERE ").format(sql.Identifier(table)) + condition)
        # Who noted an objection may be the person by name.
        cursor.execute("DELETE FROM objection o WHERE NOT EXISTS (SELECT FROM objection_key k"
                       " WHERE k.objection_id = o.objection_id)")  # fmt: skip
        for table, rows in _ANALYSED.items():
            cursor.execute(f"DELETE FROM {table} WHERE {rows}", values)  # noqa: S608  our own names
            counts[table] = cursor.rowcount
        cursor.execute("DELETE FROM revision WHERE feedback_id = ANY(%(feedback)s)", values)
        cursor.execute("DELETE FROM feedback WHERE feedback_id = ANY(%(feedback)s)", values)
        cursor.execute("DELETE FROM author WHERE author_id = ANY(%(authors)s) RETURNING own_person_id", values)
        own = [row[0] for row in cursor if row[0]]
        cursor.execute(_EMPTY_PERSONS, {"persons": [*subject.persons, *own]})
        cursor.execute(_LOOSE_FRAGMENTS, (fragments,))
        cursor.execute(_LOOSE_PAGES, ([page for _, page in found if page],))
        execute_values(
            cursor,
            "INSERT INTO blocked_key (kind, key) VALUES %s ON CONFLICT DO NOTHING",
            sorted({(kind, key) for kind, key in blocks}),
        )
        cursor.execute("DELETE FROM dirty_key WHERE author_id = ANY(%(authors)s)", values)
        cursor.execute("SELECT set_config('kundenecho.purpose', '', true)")
    return {name: count for name, count in counts.items() if count}


def keep_receipt(
    conn: Connection, asked_by: str, made_by: str, counts: dict[str, int], unreached: Sequence[str]
) -> int:
    """Store what an erasure did; gives its number. The caller commits."""
    with conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO erasure (asked_by, made_by, counts, unreached) VALUES (%s, %s, %s, %s) RETURNING erasure_id",
            (asked_by, made_by, Json(counts), list(unreached)),
        )
        return _one(cursor)


def exports_with(conn: Connection, subject: Subject) -> list[tuple[int, str, str, Any]]:
    """Exports that told of a person: number, kind, by whom, when."""
    with conn.cursor() as cursor:
        cursor.execute(_EXPORTS, {"keys": list(subject.keys)})
        return cursor.fetchall()


_EXPORTS = """
SELECT export_id, kind, made_by, made_at FROM export_register x
WHERE EXISTS (SELECT FROM export_person p WHERE p.export_id = x.export_id AND p.key = ANY(%(keys)s))
ORDER BY 4, 1
"""


def swept(cursor: Any, subject: Subject) -> list[tuple[str, sql.Composable]]:
    """Every further table that has a column for persons, with the condition that finds the person's rows.

    It asks the catalogue, so that a table of tomorrow is erased as well; referring tables come first.
    """
    cursor.execute(_PERSONAL_COLUMNS, {"skip": list(_NOT_SWEPT), "ids": list(_IDS), "other": list(_OTHER_KEYS)})
    by_table: dict[str, list[sql.Composable]] = {}
    for table, column in cursor.fetchall():
        if column in _IDS:
            wanted: list[Any] = getattr(subject, _IDS[column])
            kind = "bigint[]"
        else:
            wanted, kind = list(subject.keys), "text[]"
        by_table.setdefault(table, []).append(
            sql.SQL("{} = ANY({}::" + kind + ")").format(sql.Identifier(column), sql.Literal(wanted))
        )
    cursor.execute(_NATURAL_TABLES, {"skip": list(_NOT_SWEPT)})
    for (table,) in cursor.fetchall():
        by_table.setdefault(table, []).append(
            sql.SQL(
                "(source, account, native_id) IN (SELECT source, account, native_id FROM feedback"
                " WHERE feedback_id = ANY({}::bigint[]))"
            ).format(sql.Literal(subject.feedback))
        )
    # A case of a list is named by what opened it, in keys and further words.
    by_table.setdefault("case_file", []).append(
        sql.SQL("string_to_array(origin, ' ') && {}::text[]").format(sql.Literal(list(subject.keys)))
    )
    order = _children_first(cursor, list(by_table))
    return [(table, sql.SQL("(") + sql.SQL(" OR ").join(by_table[table]) + sql.SQL(")")) for table in order]


def _children_first(cursor: Any, tables: list[str]) -> list[str]:
    cursor.execute(
        "SELECT c.conrelid::regclass::text, c.confrelid::regclass::text FROM pg_constraint c"
        " WHERE c.contype = 'f' AND c.connamespace = 'kundenecho'::regnamespace AND c.conrelid <> c.confrelid"
    )
    refers = [(child.split(".")[-1], parent.split(".")[-1]) for child, parent in cursor.fetchall()]
    left, ordered = sorted(tables), []
    while left:
        free = [t for t in left if not any(p == t and c in left and c != t for c, p in refers)] or left
        ordered += free
        left = [t for t in left if t not in free]
    return ordered


# Columns of keys: what is named so, and whatever has the type.
_PERSONAL_COLUMNS = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'kundenecho'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
  AND c.relname <> ALL(%(skip)s) AND c.relname || '.' || a.attname <> ALL(%(other)s)
  AND (a.attname = ANY(%(ids)s) OR a.atttypid = 'keyed'::regtype
       OR a.attname ~ '^(subject|customer|email|order|author|referee|target)_key(_[a-z0-9]+)?$')
  AND a.attname <> 'phone_key'
ORDER BY 1, 2
"""
_NATURAL_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'kundenecho'::regnamespace AND c.relkind = 'r'
  AND a.attname IN ('source', 'account', 'native_id')
  AND c.relname <> ALL(%(skip)s)
GROUP BY 1 HAVING count(*) = 3
"""
# A copy of the text may count for somebody else from now on.
_MARK = """
INSERT INTO dirty_key (product, author_id)
SELECT DISTINCT f.product, NULL::bigint FROM feedback f
WHERE f.feedback_id = ANY(%(feedback)s) AND f.product IS NOT NULL
UNION
SELECT DISTINCT f.product, f.author_id FROM revision mine
JOIN revision other ON other.copy_digest = mine.copy_digest AND other.feedback_id <> mine.feedback_id
JOIN feedback f ON f.feedback_id = other.feedback_id
WHERE mine.feedback_id = ANY(%(feedback)s) AND mine.copy_digest IS NOT NULL AND f.feedback_id <> ALL(%(feedback)s)
UNION
SELECT NULL, f.author_id FROM feedback f
WHERE f.extra ? 'referee_key' AND f.extra ->> 'referee_key' = ANY(%(keys)s) AND f.feedback_id <> ALL(%(feedback)s)
"""
_LOOSE_REFEREES = """
WITH hit AS (
    UPDATE feedback SET extra = extra - 'referee_key'
    WHERE extra ? 'referee_key' AND extra ->> 'referee_key' = ANY(%(keys)s) AND feedback_id <> ALL(%(feedback)s)
    RETURNING feedback_id
), before AS (SELECT r.revision_id, r.fragment_digest FROM revision r JOIN hit USING (feedback_id))
UPDATE revision r SET fragment_digest = NULL FROM before b WHERE r.revision_id = b.revision_id
RETURNING b.fragment_digest
"""
_CONTENT = "SELECT DISTINCT fragment_digest, page_id FROM revision WHERE feedback_id = ANY(%(feedback)s)"
_LOOSE_FRAGMENTS = """
DELETE FROM fragment g WHERE digest = ANY(%s)
  AND NOT EXISTS (SELECT FROM revision r WHERE r.fragment_digest = g.digest)
"""
_LOOSE_PAGES = """
DELETE FROM page g WHERE page_id = ANY(%s) AND NOT EXISTS (SELECT FROM revision r WHERE r.page_id = g.page_id)
"""
# A page that was known to show the person's feedback is read anew next time.
_VALIDATORS = """
DELETE FROM page_validator v
WHERE v.native_ids && ARRAY(SELECT native_id FROM feedback WHERE feedback_id = ANY(%(feedback)s))
  AND EXISTS (SELECT FROM feedback f WHERE f.feedback_id = ANY(%(feedback)s) AND v.source = f.source
              AND f.native_id = ANY(v.native_ids))
"""
_EMPTY_PERSONS = """
DELETE FROM person p WHERE person_id = ANY(%(persons)s)
  AND NOT EXISTS (SELECT FROM author a WHERE p.person_id = a.person_id)
  AND NOT EXISTS (SELECT FROM author a WHERE p.person_id = a.own_person_id)
"""


def _delete_rejected(cursor: Any, subject: Subject, words: Sequence[str]) -> int:
    """Refused rows have no identity, so their content is searched; in doubt a row goes, since it is of no use."""
    cursor.execute(
        "DELETE FROM rejected WHERE fragment IS NOT NULL"
        " AND source IN (SELECT source FROM author WHERE author_id = ANY(%(authors)s)"
        "   UNION SELECT source FROM feedback WHERE feedback_id = ANY(%(feedback)s))"
        " AND EXISTS (SELECT FROM unnest(%(needles)s::text[]) AS n (needle)"
        "   WHERE position(trim(both '\"' FROM to_jsonb(n.needle)::text) IN fragment::text) > 0)",
        {"authors": subject.authors, "feedback": subject.feedback, "needles": [*subject.keys, *words]},
    )
    return int(cursor.rowcount)


def _one(cursor: Any) -> int:
    return int(cursor.fetchone()[0])


def running_collects(conn: Connection) -> list[str]:
    """Sources that are being collected at the moment, by the record of runs of the last day."""
    with conn.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT source FROM run WHERE step IN ('collect', 'import') AND outcome = 'running'"
            " AND source <> '' AND started_at > now() - interval '1 day' ORDER BY 1"
        )
        return [row[0] for row in cursor]
