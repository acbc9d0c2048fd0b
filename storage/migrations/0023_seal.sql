-- The seal: what customers' ratings come to, portal by portal, purchase confirmed or not; and the words that customers
-- let the company publish.

SET LOCAL search_path = kundenecho;

-- Words with the consent to publish them; versions as in the other lists. A withdrawal stays, whatever is imported later.
CREATE TABLE testimonial (
    subject_key  text NOT NULL GENERATED ALWAYS AS (coalesce(customer_key, email_key)) STORED,
    customer_key keyed,
    email_key    keyed,
    product      text NOT NULL,  -- empty: about the company
    text         text NOT NULL,
    shown_as     text,
    given_at     timestamptz NOT NULL,
    withdrawn_at timestamptz,
    wording      text,
    proof        text,
    compensation text,
    source_ref   text,
    import_id    bigint NOT NULL REFERENCES list_import,
    known_from   timestamptz NOT NULL DEFAULT now(),
    known_until  timestamptz CHECK (known_until > known_from),
    PRIMARY KEY (subject_key, product, given_at, known_from)
);
CREATE UNIQUE INDEX testimonial_known ON testimonial (subject_key, product, given_at) WHERE known_until IS NULL;
CREATE INDEX testimonial_email ON testimonial (email_key);
CREATE TRIGGER testimonial_append_only BEFORE UPDATE OR DELETE ON testimonial
    FOR EACH ROW EXECUTE FUNCTION list_row_is_append_only();
ALTER TABLE list_import DROP CONSTRAINT list_import_kind_check;

-- Whether each may be published now; the first reason against it counts. Computed when it is read, so that a withdrawal
-- or an objection counts from the transaction that brings it.
CREATE VIEW testimonial_answer AS
SELECT t.subject_key, t.product, t.text, t.shown_as, t.given_at, t.compensation,
       CASE WHEN t.withdrawn_at IS NOT NULL THEN 'withdrawn'
            WHEN EXISTS (SELECT FROM objecting_key k WHERE k.key IN (t.customer_key, t.email_key))
              OR EXISTS (SELECT FROM customer c JOIN objecting_customer o USING (customer_key)
                         WHERE c.known_until IS NULL AND (c.customer_key = t.customer_key OR c.email_key = t.email_key))
                 THEN 'objected'
            WHEN t.given_at > now() THEN 'in_future'
            WHEN t.wording IS NULL THEN 'no_wording'
            WHEN t.proof IS NULL THEN 'no_proof'
            ELSE 'published' END AS answer,
       EXISTS (SELECT FROM customer_order b LEFT JOIN customer c ON c.customer_key = b.customer_key AND c.known_until IS NULL
               WHERE b.known_until IS NULL AND b.quantity > 0 AND b.ordered_on <= current_date
                 AND coalesce(b.state, '') !~* 'storn|cancel|annull'
                 AND (b.customer_key = t.customer_key OR b.email_key = t.email_key OR c.email_key = t.email_key)
                 AND t.product IN ('', b.product)) AS bought
FROM testimonial t
WHERE t.known_until IS NULL;

COMMENT ON COLUMN lists.company_lists.kind IS 'customers, orders, consents, contacts, sales, unsubscribes or testimonials.';

CREATE INDEX feedback_shop_rating ON feedback (source) WHERE kind = 'shop_rating';

-- Each rating about a product, or about the company where "about" is empty; why it is left out, and whose voice it is.
--
-- Reviews count for their product, ratings of the shop for the company; surveys, comments and referrals are no public
-- reviews. Voices and dates that are believed are those of storage/voices.py. Of the ratings of one voice in a period the
-- newest counts, of several of one moment the lowest; that is chosen where a period is.
CREATE VIEW seal_rating AS
SELECT c.about, c.feedback_id, c.source, c.verified_purchase, c.rating, c.star_only, c.said_at,
       (c.said_at AT TIME ZONE 'UTC')::date AS said_on, c.star_only OR n.revision_id IS NOT NULL AS assessed,
       CASE WHEN c.said_at IS NULL THEN 'undated'
            WHEN c.state = 'hidden' THEN 'hidden'
            WHEN n.incentivised_start IS NOT NULL THEN 'incentivised' END AS left_out,
       CASE WHEN k.counts_as IS NULL THEN coalesce(a.person_id, -c.feedback_id)
            ELSE coalesce(writer.person_id, -k.counts_as) END AS voice
FROM (
    SELECT f.about, f.feedback_id, f.source, f.author_id, f.verified_purchase, r.revision_id, r.state,
           r.rating_1_5 AS rating, r.title IS NULL AND r.text IS NULL AND r.withdrawn_at IS NULL AS star_only,
           CASE WHEN f.created_at <= greatest(r.collected_at, l.loaded_at) + interval '1 day'
                 AND f.created_at >= '1995-01-01Z' THEN f.created_at END AS said_at
    FROM (
        SELECT product AS about, feedback_id, source, author_id, verified_purchase, created_at, current_revision_id
        FROM feedback WHERE kind = 'review' AND product IS NOT NULL
        UNION ALL
        SELECT '', feedback_id, source, author_id, verified_purchase, created_at, current_revision_id
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

CREATE VIEW lists.seal WITH (security_barrier) AS
SELECT nullif(s.about, '') AS product, p.name AS product_name, s.source, s.verified_purchase, s.outcome,
       count(*)::int AS ratings, (count(*) FILTER (WHERE s.star_only))::int AS star_only,
       trunc(avg(s.rating::numeric), 2) AS mean
FROM (
    SELECT t.*, coalesce(t.left_out, CASE WHEN row_number() OVER (PARTITION BY t.about, t.left_out, t.voice
                                                                  ORDER BY t.said_at DESC, t.rating, t.feedback_id) = 1
                                          THEN 'counted' ELSE 'again' END) AS outcome
    FROM seal_rating t
    WHERE t.said_on IS NULL OR t.said_on BETWEEN (current_date - interval '1 year' + interval '1 day')::date AND current_date
) s
LEFT JOIN product p ON p.product = s.about
GROUP BY s.about, p.name, s.source, s.verified_purchase, s.outcome;
COMMENT ON VIEW lists.seal IS 'What a seal of the last twelve months would stand on, and what it would leave out.';
COMMENT ON COLUMN lists.seal.product IS 'Product that is rated; null for the company.';
COMMENT ON COLUMN lists.seal.product_name IS 'Name of the product; null for the company.';
COMMENT ON COLUMN lists.seal.source IS 'Source of the ratings.';
COMMENT ON COLUMN lists.seal.verified_purchase IS 'yes, no or unknown, as the source says.';
COMMENT ON COLUMN lists.seal.outcome IS 'counted; or why not: again (the voice counts already), incentivised, hidden, undated.';
COMMENT ON COLUMN lists.seal.ratings IS 'How many.';
COMMENT ON COLUMN lists.seal.star_only IS 'Of these, stars without a text.';
COMMENT ON COLUMN lists.seal.mean IS 'Mean of the ratings, 1 to 5, cut after two places, never rounded up.';

CREATE VIEW lists.testimonials WITH (security_barrier) AS
SELECT nullif(a.product, '') AS product, p.name AS product_name,
       CASE WHEN a.answer = 'published' THEN a.text END AS text,
       CASE WHEN a.answer = 'published' THEN a.shown_as END AS shown_as,
       a.given_at, a.bought, a.compensation, a.answer
FROM testimonial_answer a LEFT JOIN product p USING (product);
COMMENT ON VIEW lists.testimonials IS 'Words that customers let the company publish, and whether they may be published now.';
COMMENT ON COLUMN lists.testimonials.product IS 'Product that they speak of; null for the company.';
COMMENT ON COLUMN lists.testimonials.product_name IS 'Name of the product, where it is known.';
COMMENT ON COLUMN lists.testimonials.text IS 'The words, as consented; null unless they may be published.';
COMMENT ON COLUMN lists.testimonials.shown_as IS 'Name under which they may stand; null for none.';
COMMENT ON COLUMN lists.testimonials.given_at IS 'When the consent was given.';
COMMENT ON COLUMN lists.testimonials.bought IS 'Whether the lists of orders know a purchase of this customer.';
COMMENT ON COLUMN lists.testimonials.compensation IS 'What the customer got for it, which is told with it; null for nothing.';
COMMENT ON COLUMN lists.testimonials.answer IS 'published; or why not: withdrawn, objected, in_future, no_wording, no_proof.';

GRANT SELECT ON lists.seal, lists.testimonials TO kundenecho_marketing, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON testimonial TO kundenecho_pipeline;
GRANT SELECT ON testimonial_answer, seal_rating TO kundenecho_pipeline;
