-- Who counts once: near-copies and cross-posts, with the evidence of each collapse.

SET LOCAL search_path = kundenecho;

-- What is kept of each distinct text to find its near-copies (kundenecho/copies.py); no words of it.
CREATE TABLE copy_sketch (
    copy_digest text PRIMARY KEY,
    words       integer NOT NULL CHECK (words >= 0),
    shingles    integer[] NOT NULL,
    bands       bigint[] NOT NULL
);
CREATE INDEX copy_sketch_bands ON copy_sketch USING gin (bands) WITH (fastupdate = off);

-- Two distinct texts that are near-copies, each pair once.
CREATE TABLE near_copy (
    one_digest   text NOT NULL REFERENCES copy_sketch ON DELETE CASCADE,
    other_digest text NOT NULL REFERENCES copy_sketch ON DELETE CASCADE,
    similarity   double precision NOT NULL CHECK (similarity BETWEEN 0 AND 1),
    PRIMARY KEY (one_digest, other_digest),
    CHECK (one_digest < other_digest)
);
CREATE INDEX near_copy_other ON near_copy (other_digest);

-- Feedback that counts for another one, as its text is a copy. Feedback that is not here counts for itself.
CREATE TABLE collapse (
    feedback_id bigint PRIMARY KEY REFERENCES feedback ON DELETE CASCADE,
    counts_as   bigint NOT NULL REFERENCES feedback ON DELETE CASCADE CHECK (counts_as <> feedback_id),
    copy_digest text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('exact', 'near')),
    similarity  double precision NOT NULL CHECK (similarity BETWEEN 0 AND 1),
    CHECK (kind = 'near' OR similarity = 1)
);
CREATE INDEX collapse_counts_as ON collapse (counts_as);
CREATE INDEX collapse_digest ON collapse (copy_digest);

-- Texts of which a feedback has come, gone or changed hands since the last decide.
CREATE TABLE dirty_copy (copy_digest text NOT NULL);

CREATE FUNCTION mark_dirty_copies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Unnested, since a join on "one of two" compares every row with every other.
    INSERT INTO dirty_copy
    SELECT DISTINCT r.copy_digest
    FROM (
        SELECT unnest(ARRAY[o.current_revision_id, n.current_revision_id]) AS revision_id
        FROM was o JOIN becomes n USING (feedback_id)
        WHERE (o.current_revision_id, o.author_id) IS DISTINCT FROM (n.current_revision_id, n.author_id)
    ) touched
    JOIN revision r USING (revision_id)
    WHERE r.copy_digest IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER feedback_dirty_copies AFTER UPDATE ON feedback
    REFERENCING OLD TABLE AS was NEW TABLE AS becomes FOR EACH STATEMENT EXECUTE FUNCTION mark_dirty_copies();

CREATE FUNCTION mark_erased_copies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO dirty_copy SELECT DISTINCT copy_digest FROM was WHERE copy_digest IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER revision_erased_copies AFTER DELETE ON revision
    REFERENCING OLD TABLE AS was FOR EACH STATEMENT EXECUTE FUNCTION mark_erased_copies();

-- Installations that exist are settled by their next decide, and counted anew.
INSERT INTO dirty_copy SELECT DISTINCT copy_digest FROM revision WHERE copy_digest IS NOT NULL;
INSERT INTO dirty_key (product) SELECT product FROM product;

CREATE VIEW lists.copies WITH (security_barrier) AS
SELECT 'F' || k.feedback_id AS feedback_id, 'F' || k.counts_as AS counts_as, k.kind, k.similarity,
       c.source = o.source AS same_source, c.product, o.product AS counts_as_product, c.source, o.source AS counts_as_source,
       c.url, o.url AS counts_as_url
FROM collapse k
JOIN feedback c ON c.feedback_id = k.feedback_id
JOIN feedback o ON o.feedback_id = k.counts_as;
COMMENT ON VIEW lists.copies IS 'Feedback that counts for another one, as its text is a copy, with the evidence.';
COMMENT ON COLUMN lists.copies.feedback_id IS 'F and a number: the copy.';
COMMENT ON COLUMN lists.copies.counts_as IS 'F and a number: the feedback that it counts for.';
COMMENT ON COLUMN lists.copies.kind IS 'exact: the same words; near: almost the same.';
COMMENT ON COLUMN lists.copies.similarity IS 'Share of stretches of three words that both have, of all that either has; 1 for exact.';
COMMENT ON COLUMN lists.copies.same_source IS 'Whether both stand on one source; else it is a cross-post.';
COMMENT ON COLUMN lists.copies.product IS 'Product that the copy speaks of.';
COMMENT ON COLUMN lists.copies.counts_as_product IS 'Product that the other speaks of.';
COMMENT ON COLUMN lists.copies.source IS 'Source of the copy.';
COMMENT ON COLUMN lists.copies.counts_as_source IS 'Source of the other.';
COMMENT ON COLUMN lists.copies.url IS 'Address of the copy at its source, where there is one.';
COMMENT ON COLUMN lists.copies.counts_as_url IS 'Address of the other at its source, where there is one.';

-- Who the persons are that a figure counts, and what was sold.
ALTER TABLE defect_figure
    ADD COLUMN exposed_star_only    integer NOT NULL DEFAULT 0,
    ADD COLUMN exposed_anonymous    integer NOT NULL DEFAULT 0,
    ADD COLUMN persons_anonymous    integer NOT NULL DEFAULT 0,
    ADD COLUMN persons_verified     integer NOT NULL DEFAULT 0,
    ADD COLUMN persons_incentivised integer NOT NULL DEFAULT 0,
    ADD COLUMN copies               integer NOT NULL DEFAULT 0,
    ADD COLUMN units_sold           bigint,
    ADD COLUMN return_months        integer NOT NULL DEFAULT 0;

CREATE OR REPLACE VIEW lists.defects WITH (security_barrier) AS
SELECT 'D' || d.defect_id AS defect_id, d.product, p.name AS product_name, g.component_name AS component, d.defect,
       g.persons, g.persons_exposed, g.mentions, g.reviews_of_product, g.rate, g.rate_low, g.rate_high, g.signal,
       g.first_seen, g.last_seen, g.evidence_needed,
       lists.quote(CASE x.field WHEN 'title' THEN r.title ELSE r.text END, x.fix_start, x.fix_end, r.state) AS fix_quote,
       'F' || r.feedback_id AS fix_feedback_id, g.decided_at, g.rising_since, g.rising_since_low, g.rising_since_high,
       g.rising_factor, g.real, g.ic_low, g.watch_observed, g.watch_expected, g.watch_window,
       g.exposed_star_only, g.exposed_anonymous, g.persons_anonymous, g.persons_verified, g.persons_incentivised,
       g.copies, g.units_sold, g.return_months, 1000.0::float8 * g.persons / nullif(g.units_sold, 0) AS per_thousand_sold
FROM defect d
JOIN defect_figure g USING (defect_id)
JOIN product p ON p.product = d.product
LEFT JOIN fix x ON x.fix_id = g.fix_id
LEFT JOIN masked_revision r ON r.revision_id = x.revision_id;
COMMENT ON COLUMN lists.defects.exposed_star_only IS 'Of persons_exposed, those who gave nothing but stars.';
COMMENT ON COLUMN lists.defects.exposed_anonymous IS 'Of persons_exposed, feedback without an author, each taken for one person.';
COMMENT ON COLUMN lists.defects.persons_anonymous IS 'Of persons, feedback without an author, each taken for one person.';
COMMENT ON COLUMN lists.defects.persons_verified IS 'Of persons, those whose purchase a source confirms.';
COMMENT ON COLUMN lists.defects.persons_incentivised IS 'Of persons, those who say that they got the product or money for their words.';
COMMENT ON COLUMN lists.defects.copies IS 'Feedback with the defect that counts for another one, see lists.copies.';
COMMENT ON COLUMN lists.defects.units_sold IS 'Units sold by month, less returns, as imported; null without sales.';
COMMENT ON COLUMN lists.defects.return_months IS 'Months with more returns than sales, which count as none sold.';
COMMENT ON COLUMN lists.defects.per_thousand_sold IS 'Persons who told of the defect per 1,000 units sold; null without sales.';
GRANT SELECT ON lists.defects TO kundenecho_product, kundenecho_support, kundenecho_pipeline;

GRANT SELECT ON lists.copies TO kundenecho_product, kundenecho_support, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON copy_sketch, near_copy, collapse, dirty_copy TO kundenecho_pipeline;
GRANT EXECUTE ON FUNCTION mark_dirty_copies(), mark_erased_copies() TO kundenecho_pipeline;
REVOKE ALL ON FUNCTION mark_dirty_copies(), mark_erased_copies() FROM PUBLIC;
