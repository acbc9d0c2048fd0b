"""Everything that is held on a person, table by table, under names that the person understands."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812  psycopg2's own name is lower-case
from psycopg2.extras import RealDictCursor

from storage.erase import exports_with, swept
from storage.subject import Subject


def held_on(conn: Connection, subject: Subject) -> dict[str, list[dict[str, Any]]]:
    """Read everything that an erasure would delete.

    Args:
        conn: Connection; the caller's transaction goes on.
        subject: The person.

    Returns:
        Lists of rows by German name; tables without a name of their own under their name in the database.
    """
    values = {
        "authors": subject.authors, "feedback": subject.feedback, "persons": subject.persons,
        "customers": subject.customers, "keys": list(subject.keys),
    }  # fmt: skip
    found = {name: _rows(conn, query, values) for name, query in _HELD.items()}
    found["ausfuhren"] = [
        {"nummer": number, "liste": kind, "durch": made_by, "am": _plain(made_at)}
        for number, kind, made_by, made_at in exports_with(conn, subject)
    ]
    with conn.cursor() as cursor:
        rest = [(table, condition) for table, condition in swept(cursor, subject) if table not in _TOLD]
    for table, condition in rest:
        query = sql.SQL("SELECT * FROM {} WHERE ").format(sql.Identifier(table)) + condition
        rows = _rows(conn, query, {})
        if rows:
            found[table] = rows
    return found


def _rows(conn: Connection, query: Any, values: dict[str, Any]) -> list[dict[str, Any]]:
    with conn.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(query, values or None)
        return [{key: _plain(value) for key, value in row.items() if value is not None} for row in cursor]


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


#: Tables that :data:`_HELD` tells of.
_TOLD = frozenset(
    "author_name author_identifier customer customer_order consent contact unsubscribe advocate advocate_reason"  # noqa: SIM905
    " objection_key export_person reply likes offer_event message_delivery".split()
)

_HELD = {
    "konten": "SELECT a.source AS quelle, a.author_key AS schluessel, n.display_name AS name,"
    " 'P' || a.person_id AS person FROM author a LEFT JOIN author_name n USING (author_id)"
    " WHERE a.author_id = ANY(%(authors)s) ORDER BY a.author_id",
    "kennzeichen": "SELECT i.kind AS art, i.key AS schluessel, a.source AS quelle FROM author_identifier i"
    " JOIN author a USING (author_id) WHERE a.author_id = ANY(%(authors)s) ORDER BY 3, 1",
    "kundendaten": "SELECT name, email, phone AS telefon, postcode AS plz, city AS ort, country AS land,"
    " segment AS kundengruppe, language AS sprache, value_eur AS kundenwert_eur, customer_since AS kunde_seit,"
    " known_from AS bekannt_ab, known_until AS bekannt_bis FROM customer WHERE customer_key = ANY(%(keys)s)"
    " ORDER BY known_from",
    "bestellungen": "SELECT product AS produkt, quantity AS menge, ordered_on AS bestellt_am, amount_eur AS betrag_eur,"
    " channel AS kanal, state AS status, known_from AS bekannt_ab, known_until AS bekannt_bis FROM customer_order"
    " WHERE customer_key = ANY(%(keys)s) OR email_key = ANY(%(keys)s) OR order_key = ANY(%(keys)s) ORDER BY ordered_on",
    "einwilligungen": "SELECT channel AS kanal, given_at AS erteilt_am, confirmed_at AS bestaetigt_am,"
    " withdrawn_at AS widerrufen_am, wording AS wortlaut, proof AS nachweis, source_ref AS herkunft,"
    " known_from AS bekannt_ab, known_until AS bekannt_bis FROM consent"
    " WHERE subject_key = ANY(%(keys)s) OR email_key = ANY(%(keys)s) ORDER BY given_at",
    "abmeldungen": "SELECT channel AS kanal, unsubscribed_at AS am, reason AS grund FROM unsubscribe"
    " WHERE subject_key = ANY(%(keys)s) OR email_key = ANY(%(keys)s) ORDER BY unsubscribed_at",
    "kontakte": "SELECT channel AS kanal, contacted_on AS am, occasion AS anlass, outcome AS ergebnis FROM contact"
    " WHERE subject_key = ANY(%(keys)s) OR email_key = ANY(%(keys)s) ORDER BY contacted_on",
    "angebote": "SELECT article AS artikel, act AS vorgang, channel AS kanal, happened_on AS am FROM offer_event"
    " WHERE customer_key = ANY(%(keys)s) ORDER BY event_id",
    "nachrichten": "SELECT t.subject AS betreff, t.body AS text, d.outcome AS ergebnis, d.reason AS grund,"
    " d.legal_basis AS rechtsgrundlage, d.begun_at AS am FROM message_delivery d JOIN message_text t USING (message_id)"
    " WHERE d.customer_key = ANY(%(keys)s) OR d.email_key = ANY(%(keys)s) ORDER BY d.delivery_id",
    "kontaktierbarkeit": "SELECT channel AS kanal, allowed AS erlaubt, reason AS grund, legal_basis AS rechtsgrundlage"
    " FROM contactable_customer WHERE customer_key = ANY(%(customers)s) ORDER BY 1",
    "widersprueche": "SELECT DISTINCT o.made_at AS am, o.taken_back_at AS zurueckgenommen_am FROM objection o"
    " JOIN objection_key k USING (objection_id) WHERE k.key = ANY(%(keys)s) ORDER BY 1",
    "rueckmeldungen": "SELECT 'F' || f.feedback_id AS nummer, f.source AS quelle, f.account AS konto, f.kind AS art,"
    " f.product AS produkt, f.url AS adresse, f.created_at AS geschrieben_am, r.number AS fassung, r.state AS zustand,"
    " r.title AS titel, r.text, r.rating_1_5 AS sterne, r.nps_0_10 AS nps, r.would_recommend AS empfiehlt,"
    " r.collected_at AS abgerufen_am, f.extra AS weiteres, g.body AS rohdaten"
    " FROM feedback f JOIN revision r USING (feedback_id) LEFT JOIN fragment g ON g.digest = r.fragment_digest"
    " WHERE f.feedback_id = ANY(%(feedback)s) ORDER BY f.feedback_id, r.number",
    "antworten": "SELECT 'F' || feedback_id AS nummer, reply AS antwort, reply_at AS am FROM reply"
    " WHERE feedback_id = ANY(%(feedback)s) ORDER BY feedback_id, load_id",
    "auswertung": "SELECT 'F' || r.feedback_id AS nummer, r.number AS fassung, a.language AS sprache,"
    " a.sentiment AS stimmung, a.score AS stimmungswert, a.recommend AS empfehlung, a.loyalty AS treue,"
    " a.question AS frage, a.analysed_at AS ausgewertet_am FROM revision r JOIN analysis a USING (revision_id)"
    " WHERE r.feedback_id = ANY(%(feedback)s) ORDER BY r.feedback_id, r.number, a.lineage_id",
    "nennungen": "SELECT 'F' || r.feedback_id AS nummer, m.aspect AS thema, m.component AS bauteil,"
    " m.polarity AS wertung, m.defect AS mangel, m.emotion AS gefuehl,"
    " substr(CASE m.field WHEN 'title' THEN r.title ELSE r.text END, m.evidence_start + 1,"
    "   m.evidence_end - m.evidence_start) AS stelle"
    " FROM revision r JOIN mention m USING (revision_id) JOIN lineage l ON l.lineage_id = m.lineage_id"
    " AND l.state = 'active' WHERE r.feedback_id = ANY(%(feedback)s) ORDER BY r.feedback_id, m.mention_id",
    "fuersprecher": "SELECT score AS punkte, stage AS stufe, listed AS auf_der_liste, decided_at AS berechnet_am"
    " FROM advocate WHERE person_id = ANY(%(persons)s)",
    "gruende": "SELECT kind AS grund, weight AS gewicht FROM advocate_reason WHERE person_id = ANY(%(persons)s)"
    " ORDER BY rank",
    "empfohlen_durch_andere": "SELECT 'F' || feedback_id AS nummer, source AS quelle FROM feedback"
    " WHERE extra ? 'referee_key' AND extra ->> 'referee_key' = ANY(%(keys)s)",
}
