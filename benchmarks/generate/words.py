"""Feedback of a generated installation: what was said, and what the analysis found in it, as statements.

Parameters: first and last number of the rows, the accounts that are drawn from, base, step and cap (every so-many-th row
is the first of an account), often (every so-many-th is by the one who writes most), persons, shift of the numbers of revisions, total, products, components.
"""

from __future__ import annotations

from typing import Final

#: Up to 300 parts: fifteen kinds of twenty nouns.
COMPONENT: Final = """
CREATE OR REPLACE FUNCTION pg_temp.component(rank integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN $1 <= 20 THEN noun ELSE kind || lower(noun) END
    FROM (SELECT (ARRAY['Pumpe', 'Deckel', 'Griff', 'Kanne', 'Schlauch', 'Filter', 'Motor', 'Schalter', 'Netzteil', 'Display',
                        'Dichtung', 'Klappe', 'Kabel', 'Rad', 'Düse', 'Sieb', 'Taste', 'Riemen', 'Tank', 'Fach'])[1 + ($1 - 1) %% 20] AS noun,
                 (ARRAY['', 'Wasser', 'Milch', 'Haupt', 'Druck', 'Heiz', 'Luft', 'Boden', 'Seiten', 'Rest', 'Tropf', 'Dampf',
                        'Mahl', 'Innen', 'Schutz'])[1 + ($1 - 1) / 20] AS kind) x $$
"""

# One row a feedback, with all that is drawn for it. A copy repeats the words of the row before. Texts are made of clauses
# in a fixed order, so that the offsets are sums of their lengths.
MADE: Final = """
DROP TABLE IF EXISTS pg_temp.made;
CREATE TEMP TABLE made AS
SELECT t.n, %(shift)s + 2 * t.n AS revision_id, t.author_id, t.source, t.said_at, t.grain, t.product, t.stars, t.sentiment, t.part, t.other_part, t.other_liked, t.kind,
       t.recommend, t.loyalty, t.gift IS NOT NULL AS incentivised, t.helped IS NOT NULL AS has_fix,
       length(t.opening) AS opening, length(t.second) AS second, length(t.filler) AS filler, length(t.advice) AS advice,
       length(t.stay) AS stay, length(t.gift) AS gift, length(t.helped) AS helped,
       t.opening || t.second || t.filler || coalesce(t.advice, '') || coalesce(t.stay, '') || coalesce(t.gift, '')
           || coalesce(t.helped, '') AS body
FROM (
    SELECT d.*,
           CASE WHEN d.form = 'stars' THEN NULL
                WHEN d.stars >= 4 THEN d.part || ' sehr gut.'
                WHEN d.stars = 3 THEN d.part || ' in Ordnung.'
                ELSE d.part || CASE d.kind WHEN 'leak' THEN ' bald undicht.' WHEN 'breakage' THEN ' gebrochen.'
                     WHEN 'noise' THEN ' viel zu laut.' WHEN 'blockage' THEN ' verstopft.' ELSE ' ausgefallen.' END END AS opening,
           CASE WHEN d.form IN ('middle', 'long') AND pg_temp.unit(d.t, 9) < 0.4
                THEN ' ' || d.other_part || CASE WHEN d.other_liked THEN ' gut gemacht.' ELSE ' zu klein.' END ELSE '' END AS second,
           CASE d.form WHEN 'middle' THEN ' Gekauft bei ' || pg_temp.pseudoword(d.t, 6) || ' in ' || pg_temp.pseudoword(-d.t, 7) || '.'
                WHEN 'long' THEN ' Seit Wochen im Einsatz bei ' || rtrim(regexp_replace(
                     pg_temp.pseudoword(d.t, 32) || pg_temp.pseudoword(-d.t, 32), '(.{4})', '\\1 ', 'g')) || '.'
                ELSE '' END AS filler,
           CASE WHEN d.worded AND d.recommend = 'yes' THEN ' Klare Empfehlung.'
                WHEN d.worded AND d.recommend = 'no' THEN ' Nicht zu empfehlen.' END AS advice,
           CASE WHEN d.worded AND d.loyalty = 'repeat' THEN ' Schon zum zweiten Mal gekauft.'
                WHEN d.worded AND d.loyalty = 'churn' THEN ' Nie wieder.' END AS stay,
           CASE WHEN d.worded AND pg_temp.unit(d.t, 12) < 0.01 THEN ' Wurde mir kostenlos gestellt.' END AS gift,
           CASE WHEN d.worded AND d.stars < 3 AND pg_temp.unit(d.t, 13) < 0.02 THEN ' Entkalken hat geholfen.' END AS helped
    FROM (
        SELECT c.*, c.form IN ('middle', 'long') AS worded,
               CASE WHEN c.stars >= 4 THEN 'positive' WHEN c.stars = 3 THEN 'mixed' ELSE 'negative' END AS sentiment,
               CASE WHEN c.form NOT IN ('middle', 'long') THEN 'none'
                    WHEN c.stars >= 4 AND pg_temp.unit(c.t, 10) < 0.3 THEN 'yes'
                    WHEN c.stars < 3 AND pg_temp.unit(c.t, 10) < 0.15 THEN 'no' ELSE 'none' END AS recommend,
               CASE WHEN c.form NOT IN ('middle', 'long') THEN 'none'
                    WHEN c.stars >= 4 AND pg_temp.unit(c.t, 11) < 0.08 THEN 'repeat'
                    WHEN c.stars < 3 AND pg_temp.unit(c.t, 11) < 0.08 THEN 'churn' ELSE 'none' END AS loyalty
        FROM (
            SELECT b.*,
                   pg_temp.source_of(coalesce(b.author_id, floor(7 * pg_temp.unit(b.n, 14))::bigint)) AS source,
                   'P' || pg_temp.zipf(pg_temp.unit(b.n, 3), %(products)s) AS product,
                   (ARRAY[5, 4, 3, 2, 1])[width_bucket(pg_temp.unit(b.t, 4), ARRAY[0, 0.45, 0.65, 0.77, 0.85])] AS stars,
                   (ARRAY['stars', 'short', 'middle', 'long'])[width_bucket(pg_temp.unit(b.t, 5), ARRAY[0, 0.25, 0.6, 0.98])] AS form,
                   pg_temp.component(pg_temp.zipf(pg_temp.unit(b.t, 6), %(components)s)) AS part,
                   pg_temp.component(pg_temp.zipf(pg_temp.unit(b.t, 7), %(components)s)) AS other_part,
                   pg_temp.unit(b.t, 15) < 0.7 AS other_liked,
                   (ARRAY['leak', 'breakage', 'noise', 'blockage', 'malfunction'])[pg_temp.zipf(pg_temp.unit(b.t, 8), 5)] AS kind,
                   CASE WHEN b.n %% 50 = 0 THEN 'unknown' WHEN b.n %% 12 = 0 THEN 'month' ELSE 'day' END AS grain,
                   timestamptz '2025-07-01Z' - greatest(%(total)s - b.n, 0)::double precision / %(total)s * interval '1825 days'
                       - pg_temp.unit(b.n, 16) * interval '9 days' AS said_at
            FROM (
                SELECT n, CASE WHEN n %% 200 = 1 AND n > %(first)s THEN n - 1 ELSE n END AS t,
                       CASE WHEN n %% %(step)s = 0 AND n / %(step)s <= %(cap)s THEN %(base)s + n / %(step)s
                            WHEN n %% %(often)s = 11 AND n <= %(total)s THEN %(persons)s
                            WHEN pg_temp.unit(n, 1) < 0.1 THEN NULL
                            ELSE 1 + floor(%(accounts)s * pg_temp.unit(n, 2) ^ 1.8)::bigint END AS author_id
                FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
                OFFSET 0
            ) b
            OFFSET 0
        ) c
        OFFSET 0
    ) d
    OFFSET 0
) t;
ANALYZE made
"""

_ANALYSED: Final = """
INSERT INTO analysis (lineage_id, revision_id, language, abstained, sentiment, score, confidence, recommend, loyalty, question,
    incentivised_field, incentivised_start, incentivised_end, recommend_field, recommend_start, recommend_end,
    loyalty_field, loyalty_start, loyalty_end, analysed_at)
SELECT 1, revision_id, 'de', pg_temp.unit(n, 41) < 0.03, sentiment, (stars - 3) * 0.4, 0.8 + 0.2 * pg_temp.unit(n, 42), recommend, loyalty,
       pg_temp.unit(n, 43) < 0.01,
       CASE WHEN incentivised THEN 'text' END, CASE WHEN incentivised THEN at.advised + coalesce(stay, 0) + 1 END,
       CASE WHEN incentivised THEN at.advised + coalesce(stay, 0) + gift END,
       CASE WHEN advice > 0 THEN 'text' END, CASE WHEN advice > 0 THEN at.filled + 1 END, CASE WHEN advice > 0 THEN at.advised END,
       CASE WHEN stay > 0 THEN 'text' END, CASE WHEN stay > 0 THEN at.advised + 1 END,
       CASE WHEN stay > 0 THEN at.advised + stay END, said_at + interval '1 hour'
FROM made
CROSS JOIN LATERAL (SELECT opening + second + filler AS filled, opening + second + filler + coalesce(advice, 0) AS advised) at
WHERE body IS NOT NULL
"""

WRITE: Final = (
    """
    INSERT INTO feedback (feedback_id, source, account, native_id, kind, product, author_id, url, response_key, verified_purchase,
        created_at, created_precision, current_revision_id, load_id) OVERRIDING SYSTEM VALUE
    SELECT n, source, '', lpad(n::text, 9, '0'), CASE source WHEN 'umfrage' THEN 'survey_answer' ELSE 'review' END, product, author_id,
           CASE WHEN source <> 'umfrage' THEN 'https://' || source || '.example/' || n END,
           CASE WHEN source = 'umfrage' THEN 'r' || n END,
           CASE WHEN source IN ('shop', 'amazon', 'otto') AND n %% 3 > 0 THEN 'yes' ELSE 'unknown' END,
           CASE WHEN grain <> 'unknown' THEN date_trunc(grain, said_at, 'UTC') END, grain, revision_id, 1
    FROM made ORDER BY n
    """,
    # The digest as kundenecho.text.copy_digest makes it: the only marks are full stops behind words.
    """
    INSERT INTO revision (revision_id, feedback_id, number, content_digest, state, text, copy_digest, language, raw_value, raw_min, raw_max,
        rating_1_5, nps_0_10, collected_at, load_id) OVERRIDING SYSTEM VALUE
    SELECT revision_id, n, CASE WHEN n %% 20 = 7 THEN 2 ELSE 1 END, md5('r' || n), 'published', body,
           CASE WHEN length(folded) >= 40 THEN left(encode(sha256(convert_to(folded, 'UTF8')), 'hex'), 32) END, 'de',
           CASE WHEN source <> 'umfrage' THEN stars END, 1, 5, CASE WHEN source <> 'umfrage' THEN stars END,
           CASE WHEN source = 'umfrage' THEN (ARRAY[1, 4, 6, 8, 10])[stars] END, said_at + interval '1 hour', 1
    FROM made CROSS JOIN LATERAL (SELECT lower(translate(body, '.', '')) AS folded) f ORDER BY n
    """,
    # What was written before an edit: less, and as a rule the same stars.
    """
    INSERT INTO revision (revision_id, feedback_id, number, content_digest, state, text, language, raw_value, raw_min, raw_max, rating_1_5,
        collected_at, load_id) OVERRIDING SYSTEM VALUE
    SELECT revision_id - 1, n, 1, md5('e' || n), 'published', left(body, opening), 'de', was.stars, 1, 5, was.stars, said_at, 1
    FROM made CROSS JOIN LATERAL (SELECT CASE WHEN source <> 'umfrage' THEN greatest(1, stars - (n / 20 %% 3)::integer) END AS stars) was
    WHERE n %% 20 = 7
    """,
    _ANALYSED,
    """
    INSERT INTO analysis (lineage_id, revision_id, language, abstained, sentiment, score, confidence, recommend, loyalty, question, analysed_at)
    SELECT 1, revision_id - 1, 'de', false, sentiment, (stars - 3) * 0.4, 0.9, 'none', 'none', false, said_at
    FROM made WHERE n %% 20 = 7 AND body IS NOT NULL
    """,
    """
    INSERT INTO mention (lineage_id, revision_id, field, aspect, target, target_start, target_end, component, polarity, defect,
        evidence_start, evidence_end, confidence)
    SELECT 1, revision_id, 'text', 'function', part, 0, length(part), part,
           CASE WHEN stars >= 4 THEN 'pos' WHEN stars = 3 THEN 'neu' ELSE 'neg' END, CASE WHEN stars < 3 THEN kind END,
           0, opening, 0.8 + 0.2 * pg_temp.unit(n, 44)
    FROM made WHERE body IS NOT NULL
    """,
    """
    INSERT INTO mention (lineage_id, revision_id, field, aspect, target, target_start, target_end, component, polarity, defect,
        evidence_start, evidence_end, confidence)
    SELECT 1, revision_id, 'text', 'design', other_part, opening + 1, opening + 1 + length(other_part), other_part,
           CASE WHEN other_liked THEN 'pos' ELSE 'neg' END, NULL, opening + 1, opening + second, 0.8 + 0.2 * pg_temp.unit(n, 45)
    FROM made WHERE second > 0
    """,
    # Nouns with what the clause says of them: the part, the other part, and the words that hardly anybody else uses.
    """
    INSERT INTO term (lineage_id, revision_id, field, term_start, term_end, evidence_start, evidence_end, key, written, head,
        construction, phrase, known, whole, common)
    SELECT 1, m.revision_id, 'text', t.start, t.start + length(t.written), t.start, t.stop, lower(t.written), t.written,
           nullif(substring(lower(t.written) FROM '(pumpe|deckel|griff|kanne|schlauch|filter|motor|schalter|netzteil|display'
                            '|dichtung|klappe|kabel|rad|düse|sieb|taste|riemen|tank|fach)$'), lower(t.written)),
           t.said, t.written || ' ' || t.said, t.said IS NOT NULL, false, pg_temp.unit(m.n, 47) < 0.5
    FROM made m CROSS JOIN LATERAL (VALUES
        (0, opening, part, CASE WHEN stars >= 4 THEN 'gut' WHEN stars = 3 THEN 'ordnung' ELSE kind END),
        (opening + 1, opening + second, CASE WHEN second > 0 THEN other_part END, CASE WHEN other_liked THEN 'gemacht' ELSE 'klein' END),
        (opening + second + 13, opening + second + filler, CASE WHEN filler BETWEEN 1 AND 34 THEN substr(body, opening + second + 14, 4) END, NULL)) AS t (start, stop, written, said)
    WHERE body IS NOT NULL AND t.written IS NOT NULL
    """,
    """
    INSERT INTO fix (lineage_id, revision_id, field, fix_start, fix_end)
    SELECT 1, revision_id, 'text', length(body) - helped + 1, length(body) FROM made WHERE has_fix
    """,
    """
    INSERT INTO likes (feedback_id, seen_at, likes, load_id)
    SELECT n, said_at, pg_temp.zipf(pg_temp.unit(n, 46), 50), 1 FROM made WHERE n %% 30 = 3
    """,
    """
    INSERT INTO reply (feedback_id, seen_at, reply, reply_at, load_id)
    SELECT n, said_at, 'Vielen Dank für Ihre Rückmeldung.', said_at + interval '2 days', 1 FROM made WHERE n %% 30 = 11
    """,
)
