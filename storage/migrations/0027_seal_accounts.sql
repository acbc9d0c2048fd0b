-- The seal tells the accounts of a source apart: an export file may bring several portals, and portals are strata.

SET LOCAL search_path = kundenecho;

CREATE OR REPLACE VIEW seal_rating AS
SELECT c.about, c.feedback_id, c.source, c.verified_purchase, c.rating, c.star_only, c.said_at,
       (c.said_at AT TIME ZONE 'UTC')::date AS said_on, c.star_only OR n.revision_id IS NOT NULL AS assessed,
       CASE WHEN c.said_at IS NULL THEN 'undated'
            WHEN c.state = 'hidden' THEN 'hidden'
            WHEN n.incentivised_start IS NOT NULL THEN 'incentivised' END AS left_out,
       CASE WHEN k.counts_as IS NULL THEN coalesce(a.person_id, -c.feedback_id)
            ELSE coalesce(writer.person_id, -k.counts_as) END AS voice, c.account
FROM (
    SELECT f.about, f.feedback_id, f.source, f.account, f.author_id, f.verified_purchase, r.revision_id, r.state,
           r.rating_1_5 AS rating, r.title IS NULL AND r.text IS NULL AND r.withdrawn_at IS NULL AS star_only,
           CASE WHEN f.created_at <= greatest(r.collected_at, l.loaded_at) + interval '1 day'
                 AND f.created_at >= '1995-01-01Z' THEN f.created_at END AS said_at
    FROM (
        SELECT product AS about, feedback_id, source, account, author_id, verified_purchase, created_at, current_revision_id
        FROM feedback WHERE kind = 'review' AND product IS NOT NULL
        UNION ALL
        SELECT '', feedback_id, source, account, author_id, verified_purchase, created_at, current_revision_id
        FROM feedback WHERE kind = 'shop_rating'
    ) f
    JOIN revision r ON r.revision_id = f.current_revision_id
    JOIN load l ON l.load_id = r.load_id
    WHERE r.state <> 'deleted' AND r.rating_1_5 IS NOT NULL
) c
LEFT JOIN author a ON a.author_id = c.author_id
LEFT JOIN collapse k ON k.feedback_id = c.feedback_id
LEFT JOIN feedback o ON o.feedback_id = k.counts_as
LEFT JOIN author writer ON writer.author_id = o.author_id
LEFT JOIN lineage active ON active.state = 'active'
LEFT JOIN analysis n ON n.lineage_id = active.lineage_id AND n.revision_id = c.revision_id;

CREATE OR REPLACE VIEW lists.seal WITH (security_barrier) AS
SELECT nullif(s.about, '') AS product, p.name AS product_name, s.source, s.verified_purchase, s.outcome,
       count(*)::int AS ratings, (count(*) FILTER (WHERE s.star_only))::int AS star_only,
       trunc(avg(s.rating::numeric), 2) AS mean, s.account
FROM (
    SELECT t.*, coalesce(t.left_out, CASE WHEN row_number() OVER (PARTITION BY t.about, t.left_out, t.voice
                                                                  ORDER BY t.said_at DESC, t.rating, t.feedback_id) = 1
                                          THEN 'counted' ELSE 'again' END) AS outcome
    FROM seal_rating t
    WHERE t.said_on IS NULL OR t.said_on BETWEEN (current_date - interval '1 year' + interval '1 day')::date AND current_date
) s
LEFT JOIN product p ON p.product = s.about
GROUP BY s.about, p.name, s.source, s.account, s.verified_purchase, s.outcome;
COMMENT ON COLUMN lists.seal.account IS 'Account of the source: a location, a channel, or a portal in an export of several.';
