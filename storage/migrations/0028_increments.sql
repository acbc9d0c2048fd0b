-- Defects are counted by what is new: feedback that came since is added, and a product is counted as a whole only
-- where something changed that was counted already, or a week has closed.

SET LOCAL search_path = kundenecho;

-- Whether the product is to be counted as a whole; false where dirty_feedback says what came.
ALTER TABLE dirty_key ADD COLUMN whole boolean NOT NULL DEFAULT true;

-- Feedback that came, changed or was analysed since the last decide.
CREATE TABLE dirty_feedback (feedback_id bigint NOT NULL);

CREATE FUNCTION mark_new_feedback() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO dirty_feedback SELECT feedback_id FROM becomes WHERE product IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER feedback_new AFTER INSERT ON feedback
    REFERENCING NEW TABLE AS becomes FOR EACH STATEMENT EXECUTE FUNCTION mark_new_feedback();

CREATE FUNCTION mark_changed_feedback() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO dirty_feedback
    SELECT feedback_id FROM was o JOIN becomes n USING (feedback_id)
    WHERE (o.product, o.author_id, o.created_at, o.created_precision, o.verified_purchase, o.current_revision_id)
        IS DISTINCT FROM
        (n.product, n.author_id, n.created_at, n.created_precision, n.verified_purchase, n.current_revision_id);
    RETURN NULL;
END $$;
CREATE TRIGGER feedback_changed AFTER UPDATE ON feedback
    REFERENCING OLD TABLE AS was NEW TABLE AS becomes FOR EACH STATEMENT EXECUTE FUNCTION mark_changed_feedback();

-- A lineage that is only building changes no figure yet; its activation marks every product.
CREATE FUNCTION mark_analysed_feedback() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO dirty_feedback
    SELECT r.feedback_id FROM becomes a
    JOIN lineage l ON l.lineage_id = a.lineage_id AND l.state = 'active'
    JOIN revision r USING (revision_id);
    RETURN NULL;
END $$;
CREATE TRIGGER analysis_new AFTER INSERT ON analysis
    REFERENCING NEW TABLE AS becomes FOR EACH STATEMENT EXECUTE FUNCTION mark_analysed_feedback();

-- Feedback that stands in the figures, and as what. It refers to nothing, so that decide learns of what is gone.
CREATE TABLE counted_feedback (
    feedback_id bigint PRIMARY KEY,
    product     text NOT NULL,
    voice       bigint NOT NULL,
    copy        boolean NOT NULL
);
CREATE INDEX counted_feedback_voice ON counted_feedback (product, voice);

-- Who spoke of a product, as of its last counting.
CREATE TABLE product_figure (
    product           text PRIMARY KEY REFERENCES product ON DELETE CASCADE,
    persons_exposed   integer NOT NULL,
    reviews           integer NOT NULL,
    exposed_star_only integer NOT NULL,
    exposed_anonymous integer NOT NULL,
    units_sold        bigint,
    return_months     integer NOT NULL,
    first_seen        timestamptz,
    -- Whether some of it lies in weeks that are closed; else it is counted as a whole every time.
    settled           boolean NOT NULL,
    -- Monday of the last week that was closed at that time; all is judged again once another one closes.
    closed_week       date
);

-- Mentions of parts as they are written; settled are those of weeks that are closed.
CREATE TABLE component_count (
    product   text NOT NULL REFERENCES product ON DELETE CASCADE,
    defect    text NOT NULL,
    component text NOT NULL,
    spelling  text NOT NULL,
    mentions  integer NOT NULL,
    settled   integer NOT NULL DEFAULT 0,
    PRIMARY KEY (product, defect, component, spelling)
);

INSERT INTO product_figure
SELECT DISTINCT ON (d.product) d.product, persons_exposed, reviews_of_product, exposed_star_only, exposed_anonymous,
       units_sold, return_months, NULL::timestamptz, false, NULL::date
FROM defect_figure JOIN defect d USING (defect_id) ORDER BY d.product, d.defect_id;

-- The same interval in one expression, which the planner merges into a query over many defects; its ends are exact.
CREATE OR REPLACE FUNCTION lists.wilson(hits bigint, trials bigint, upper_end boolean) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE
        WHEN trials <= 0 THEN NULL
        WHEN hits = 0 AND NOT upper_end THEN 0.0
        WHEN hits = trials AND upper_end THEN 1.0
        ELSE (hits + 1.9207294103470613 + CASE WHEN upper_end THEN 1.959963984540054 ELSE -1.959963984540054 END
              * sqrt(hits::float8 * (trials - hits) / trials + 0.9603647051735307)) / (trials + 3.8414588206941227) END;

-- The lists' columns stay what they are, from another place.
CREATE OR REPLACE VIEW lists.defects WITH (security_barrier) AS
SELECT 'D' || d.defect_id AS defect_id, d.product, p.name AS product_name, g.component_name AS component, d.defect,
       g.persons, e.persons_exposed, g.mentions, e.reviews AS reviews_of_product,
       g.persons::float8 / nullif(e.persons_exposed, 0) AS rate,
       lists.wilson(g.persons, e.persons_exposed, false) AS rate_low,
       lists.wilson(g.persons, e.persons_exposed, true) AS rate_high, g.signal,
       g.first_seen, g.last_seen, g.evidence_needed,
       lists.quote(CASE x.field WHEN 'title' THEN r.title ELSE r.text END, x.fix_start, x.fix_end, r.state) AS fix_quote,
       'F' || r.feedback_id AS fix_feedback_id, g.decided_at,
       CASE WHEN g.signal = 'rising' THEN g.rising_since END AS rising_since,
       CASE WHEN g.signal = 'rising' THEN g.rising_since_low END AS rising_since_low,
       CASE WHEN g.signal = 'rising' THEN g.rising_since_high END AS rising_since_high,
       CASE WHEN g.signal = 'rising' THEN g.rising_factor END AS rising_factor, g.real, g.ic_low, g.watch_observed, g.watch_expected, g.watch_window,
       e.exposed_star_only, e.exposed_anonymous, g.persons_anonymous, g.persons_verified, g.persons_incentivised,
       g.copies, e.units_sold, e.return_months, 1000.0::float8 * g.persons / nullif(e.units_sold, 0) AS per_thousand_sold
FROM defect d
JOIN defect_figure g USING (defect_id)
JOIN product_figure e ON e.product = d.product
JOIN product p ON p.product = d.product
LEFT JOIN fix x ON x.fix_id = g.fix_id
LEFT JOIN masked_revision r ON r.revision_id = x.revision_id;
COMMENT ON COLUMN lists.defects.rate_low IS 'Lower end of the 95 % Wilson interval of the rate.';
COMMENT ON COLUMN lists.defects.rate_high IS 'Upper end of the 95 % Wilson interval of the rate.';

ALTER TABLE defect_figure
    DROP COLUMN persons_exposed, DROP COLUMN reviews_of_product, DROP COLUMN rate, DROP COLUMN rate_low,
    DROP COLUMN rate_high, DROP COLUMN exposed_star_only, DROP COLUMN exposed_anonymous, DROP COLUMN units_sold,
    DROP COLUMN return_months, DROP COLUMN closed_week,
    ADD COLUMN dated integer NOT NULL DEFAULT 0,
    -- Persons up to the last closed week, and what these weeks say.
    ADD COLUMN persons_settled integer NOT NULL DEFAULT 0,
    ADD COLUMN course text CHECK (course IN ('rising', 'falling', 'quiet', 'short')),
    ADD COLUMN course_needed integer NOT NULL DEFAULT 0;

-- Installations that exist are counted anew by their next decide.
INSERT INTO dirty_key (product) SELECT product FROM product;

GRANT SELECT ON lists.defects TO kundenecho_product, kundenecho_support, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON dirty_feedback, counted_feedback, product_figure, component_count
    TO kundenecho_pipeline;
GRANT EXECUTE ON FUNCTION mark_new_feedback(), mark_changed_feedback(), mark_analysed_feedback() TO kundenecho_pipeline;
REVOKE ALL ON FUNCTION mark_new_feedback(), mark_changed_feedback(), mark_analysed_feedback() FROM PUBLIC;
