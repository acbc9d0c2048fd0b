"""Advocates of a generated installation, as statements: by the shipped points, but by a simpler rule than ``decide``'s.

One reason of a kind for each person, the newest; everything else as the tables ask for it. Parameters: first and last
person of a portion.
"""

from __future__ import annotations

from typing import Final

ADVOCATES: Final = (
    """
    DROP TABLE IF EXISTS pg_temp.found, pg_temp.assessed;
    CREATE TEMP TABLE found AS
    WITH said AS (
        SELECT a.person_id, f.feedback_id, f.source, f.created_at, r.revision_id, r.text, r.nps_0_10 AS nps, n.recommend, n.loyalty,
               n.recommend_start, n.recommend_end, n.loyalty_start, n.loyalty_end, n.abstained,
               coalesce(r.rating_1_5, (r.nps_0_10 + 2) / 2.4) AS stars, f.url
        FROM author a JOIN feedback f USING (author_id) JOIN revision r ON r.revision_id = f.current_revision_id
        LEFT JOIN analysis n ON n.lineage_id = 1 AND n.revision_id = r.revision_id
        WHERE a.person_id BETWEEN %(first)s AND %(last)s
    ), last_word AS (
        SELECT DISTINCT ON (person_id) * FROM said ORDER BY person_id, created_at DESC NULLS LAST, revision_id DESC
    ), reason AS (
        SELECT s.*, k.kind, k.weight, k.first, k.behind, k.value
        FROM said s CROSS JOIN LATERAL (VALUES
            ('recommendation', 15, recommend_start, recommend_end, NULL::real, recommend = 'yes'),
            ('loyal', 8, loyalty_start, loyalty_end, NULL, loyalty = 'repeat'),
            ('promoter', 7, NULL, NULL, nps, nps >= 9),
            ('praise', 4, 0, position('.' IN text), NULL, stars >= 4 AND text IS NOT NULL AND NOT abstained),
            ('top_rating', 3, NULL, NULL, stars, stars >= 4.75 AND text IS NOT NULL),
            ('recent', 3, NULL, NULL, NULL, stars >= 4 AND created_at >= '2024-06-01Z')
        ) k (kind, weight, first, behind, value, given) WHERE k.given
        UNION ALL
        SELECT w.*, 'complaint', -15, NULL, NULL, NULL FROM last_word w WHERE w.stars <= 2.5
    )
    SELECT DISTINCT ON (person_id, kind) person_id, kind, weight, first, behind, value, revision_id,
           CASE WHEN kind <> 'recent' THEN feedback_id END AS feedback_id, (created_at AT TIME ZONE 'UTC')::date AS day
    FROM reason ORDER BY person_id, kind, created_at DESC NULLS LAST, revision_id DESC
    """,
    """
    CREATE TEMP TABLE assessed AS
    WITH summed AS (
        SELECT person_id, sum(weight) FILTER (WHERE weight > 0) AS points_for, coalesce(sum(weight) FILTER (WHERE weight < 0), 0) AS points_against,
               (count(DISTINCT coalesce(day, 'infinity')) FILTER (WHERE kind IN ('recommendation', 'loyal', 'promoter', 'praise')))::integer AS days,
               count(*) FILTER (WHERE kind IN ('recommendation', 'loyal', 'promoter', 'praise')) AS kinds,
               bool_or(kind = 'recommendation') AS recommends, bool_or(kind = 'loyal') AS loyal, bool_or(kind = 'complaint') AS unhappy
        FROM found GROUP BY person_id
    )
    SELECT s.*, days / (days + 0.5) AS shrinkage,
           greatest(0, least(100, round((days / (days + 0.5) * points_for + points_against)::numeric, 1)))::real AS score,
           CASE WHEN unhappy THEN 'at_risk' WHEN recommends THEN 'advocate' WHEN loyal THEN 'bond' ELSE 'enjoy' END AS stage
    FROM summed s WHERE points_for > 0
    """,
    """
    INSERT INTO advocate (person_id, lineage_id, score, stage, listed, contactable, contactable_reason, sources, last_seen, points_for,
        points_against, days, shrinkage)
    SELECT v.person_id, 1, v.score, v.stage, NOT v.unhappy AND v.score >= 10 AND v.kinds >= 2 AND (v.recommends OR v.days >= 2),
           CASE WHEN v.person_id %% 10 = 0 AND v.person_id %% 100 > 0 THEN 'yes' WHEN o.linked THEN 'reply_only' ELSE 'no' END, '',
           o.sources, o.last_seen, v.points_for, v.points_against, v.days, v.shrinkage
    FROM assessed v
    JOIN (SELECT a.person_id, array_agg(DISTINCT f.source) AS sources, max(f.created_at) AS last_seen, bool_or(f.url IS NOT NULL) AS linked
          FROM author a JOIN feedback f USING (author_id)
          WHERE a.person_id BETWEEN %(first)s AND %(last)s GROUP BY a.person_id) o USING (person_id)
    """,
    """
    INSERT INTO advocate_reason (person_id, rank, kind, weight, revision_id, field, quote_start, quote_end, day, feedback_id, value)
    SELECT person_id, row_number() OVER (PARTITION BY person_id ORDER BY weight DESC, kind), kind, weight, revision_id,
           CASE WHEN behind IS NOT NULL THEN 'text' END, CASE WHEN behind IS NOT NULL THEN first END, behind, day, feedback_id, value
    FROM found JOIN assessed USING (person_id)
    """,
    """
    INSERT INTO person_stage (person_id, number, stage, since, cause, revision_id, is_current)
    SELECT v.person_id, 1, v.stage, f.day, 'generated', f.revision_id, true
    FROM assessed v
    JOIN (SELECT DISTINCT ON (person_id) person_id, day, revision_id FROM found ORDER BY person_id, day DESC NULLS LAST) f USING (person_id)
    """,
    """
    INSERT INTO advocate_rank (person_id, product, score, last_seen, stage, contact)
    SELECT v.person_id, p.product, v.score, coalesce(v.last_seen, '-infinity'), v.stage, v.contactable
    FROM advocate v
    CROSS JOIN LATERAL (
        SELECT '' AS product
        UNION
        SELECT f.product FROM advocate_reason x JOIN revision r USING (revision_id) JOIN feedback f ON f.feedback_id = r.feedback_id
        WHERE x.person_id = v.person_id AND x.weight > 0
    ) p
    WHERE v.listed AND v.person_id BETWEEN %(first)s AND %(last)s
    """,
)
