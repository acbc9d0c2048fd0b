-- What the collectors need beyond records: portals' own aggregates, page validators, refreshed texts, notes of runs.

SET LOCAL search_path = kundenecho;

-- What a portal says of itself (schema.org AggregateRating): kept apart, never counted as feedback.
CREATE TABLE aggregate_rating (
    aggregate_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source              text NOT NULL,
    account             text NOT NULL DEFAULT '',
    product             text NOT NULL DEFAULT '',
    observed_at         timestamptz NOT NULL,
    rating_value        double precision,
    worst_rating        double precision,
    best_rating         double precision,
    rating_count        integer CHECK (rating_count >= 0),
    review_count        integer CHECK (review_count >= 0),
    recommendation_rate double precision CHECK (recommendation_rate BETWEEN 0 AND 100),
    load_id             bigint NOT NULL REFERENCES load
);
CREATE INDEX aggregate_rating_latest ON aggregate_rating (source, account, product, aggregate_id DESC);

-- Validators of pages for conditional requests (RFC 9110, section 13), and what stood on the page when they
-- were given: an unchanged page is not sent again, and its records are still there. reader is a digest of the
-- card and the program's version: another reader may find more on the same page.
CREATE TABLE page_validator (
    source        text NOT NULL,
    account       text NOT NULL DEFAULT '',
    url           text NOT NULL,
    etag          text,
    last_modified text,
    native_ids    text[] NOT NULL,
    links         jsonb NOT NULL,
    reader        text NOT NULL,
    load_id       bigint NOT NULL REFERENCES load,
    PRIMARY KEY (source, account, url)
);

-- When the source last showed the record, kept only where its terms say "refresh or delete".
ALTER TABLE feedback ADD COLUMN refreshed_at timestamptz;

-- A run that is done may still have read a part only; the note says which, without personal data.
ALTER TABLE run ADD COLUMN truncated boolean NOT NULL DEFAULT false;
ALTER TABLE run ADD COLUMN note text;

CREATE OR REPLACE VIEW lists.runs WITH (security_barrier) AS
SELECT run_id, step, source, account, started_at, finished_at, outcome, counts, error, truncated, note FROM run;
COMMENT ON COLUMN lists.runs.truncated IS 'Whether something that should be there could not be read; what was read is loaded.';
COMMENT ON COLUMN lists.runs.note IS 'What was noticed: why a part is missing, columns that no card knows; null for nothing.';

CREATE VIEW lists.aggregate_ratings WITH (security_barrier) AS
SELECT DISTINCT ON (source, account, product, observed_at) source, account, nullif(product, '') AS product, observed_at,
       rating_value, worst_rating, best_rating, rating_count, review_count, recommendation_rate
FROM aggregate_rating ORDER BY source, account, product, observed_at, aggregate_id DESC;
COMMENT ON VIEW lists.aggregate_ratings IS 'What portals and shops say of themselves, each time it changed; never to be added up, since portals count each other''s reviews.';
COMMENT ON COLUMN lists.aggregate_ratings.source IS 'Source.';
COMMENT ON COLUMN lists.aggregate_ratings.account IS 'Account of the source.';
COMMENT ON COLUMN lists.aggregate_ratings.product IS 'Product, null where it is the whole account.';
COMMENT ON COLUMN lists.aggregate_ratings.observed_at IS 'When it was read.';
COMMENT ON COLUMN lists.aggregate_ratings.rating_value IS 'The rating as given; null where there is none.';
COMMENT ON COLUMN lists.aggregate_ratings.worst_rating IS 'Lowest value of its scale.';
COMMENT ON COLUMN lists.aggregate_ratings.best_rating IS 'Highest value of its scale.';
COMMENT ON COLUMN lists.aggregate_ratings.rating_count IS 'Ratings it stands on, those without a text included; null where it is not said.';
COMMENT ON COLUMN lists.aggregate_ratings.review_count IS 'Reviews it stands on; portals mix this up with ratings.';
COMMENT ON COLUMN lists.aggregate_ratings.recommendation_rate IS 'Percent who recommend, where the source says it.';

GRANT SELECT ON lists.aggregate_ratings TO kundenecho_marketing, kundenecho_product, kundenecho_operations, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON aggregate_rating, page_validator TO kundenecho_pipeline;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA kundenecho TO kundenecho_pipeline;
