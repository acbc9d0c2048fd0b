-- Topics are counted by what is new, as defects are: the closed weeks say which topics there are, what belongs to them
-- and how they are called; persons, dates and quotes are those of today, and feedback that came is added to them.

SET LOCAL search_path = kundenecho;

-- What belongs to the topics of a group, so that what came is added to them.
CREATE TABLE topic_member (
    group_id     bigint NOT NULL REFERENCES topic_group ON DELETE CASCADE,
    key          text NOT NULL,
    -- Null where the noun belongs to the topic whatever is said of it.
    construction text,
    -- The group's own topic, which goes with it.
    topic_id     bigint NOT NULL
);
CREATE INDEX topic_member_key ON topic_member (group_id, key);

-- n ln n, which is 0 for none.
CREATE FUNCTION lists.n_log_n(n bigint) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE WHEN n > 0 THEN n * ln(n::float8) ELSE 0.0 END;

-- Signed log-likelihood ratio of two shares (Dunning, Computational Linguistics 19, 1993); 0 without a comparison.
CREATE FUNCTION lists.salience(persons bigint, exposed bigint, elsewhere bigint, exposed_elsewhere bigint)
    RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE
        WHEN exposed <= 0 OR exposed_elsewhere <= 0 THEN 0.0
        ELSE sign(persons::float8 / exposed - elsewhere::float8 / exposed_elsewhere) * greatest(0.0, 2 * (
            lists.n_log_n(persons) + lists.n_log_n(exposed - persons)
            + lists.n_log_n(elsewhere) + lists.n_log_n(exposed_elsewhere - elsewhere)
            - lists.n_log_n(exposed) - lists.n_log_n(exposed_elsewhere)
            - lists.n_log_n(persons + elsewhere)
            - lists.n_log_n(exposed + exposed_elsewhere - persons - elsewhere)
            + lists.n_log_n(exposed + exposed_elsewhere))) END;

-- The lists' columns stay what they are; what depends on other groups is compared when it is read.
CREATE OR REPLACE VIEW lists.topics WITH (security_barrier) AS
SELECT 'T' || t.topic_id AS topic_id, f.label, f.terms, g.name AS product, g.products, f.persons,
       g.persons AS persons_exposed, f.persons::float8 / nullif(g.persons, 0) AS share,
       lists.salience(f.persons, g.persons, e.persons - f.persons, s.persons - g.persons) AS salience,
       f.first_seen, f.last_seen, f.decided_at
FROM topic t
JOIN topic_figure f USING (topic_id)
JOIN topic_group g USING (group_id)
JOIN (SELECT anchor, sum(persons)::bigint AS persons FROM topic JOIN topic_figure USING (topic_id) GROUP BY anchor) e
    USING (anchor)
CROSS JOIN (SELECT sum(persons)::bigint AS persons FROM topic_group) s;

ALTER TABLE topic_figure DROP COLUMN share, DROP COLUMN salience;

-- Installations that exist are counted anew by their next decide.
INSERT INTO dirty_key (product) SELECT product FROM product;

REVOKE ALL ON FUNCTION lists.n_log_n(bigint), lists.salience(bigint, bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lists.n_log_n(bigint), lists.salience(bigint, bigint, bigint, bigint)
    TO kundenecho_marketing, kundenecho_product, kundenecho_support, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON topic_member TO kundenecho_pipeline;
