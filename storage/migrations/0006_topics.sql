-- What texts talk of, and the topics that recur in a group of products.

SET LOCAL search_path = kundenecho;

-- Nouns of a text, each with one thing that the same clause says of it; names of persons are none.
CREATE TABLE term (
    term_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lineage_id     integer NOT NULL,
    revision_id    bigint NOT NULL,
    field          text NOT NULL CHECK (field IN ('text', 'title')),
    term_start     integer NOT NULL,
    term_end       integer NOT NULL,
    evidence_start integer NOT NULL,
    evidence_end   integer NOT NULL,
    key            text NOT NULL,
    written        text NOT NULL,
    head           text,
    construction   text,
    phrase         text,
    known          boolean NOT NULL,
    whole          boolean NOT NULL,
    common         boolean NOT NULL,
    FOREIGN KEY (lineage_id, revision_id) REFERENCES analysis ON DELETE CASCADE,
    CHECK (term_start >= 0 AND term_end > term_start),
    CHECK (evidence_start <= term_start AND evidence_end >= term_end),
    CHECK ((construction IS NULL) = (phrase IS NULL))
);
CREATE INDEX term_analysis ON term (revision_id, lineage_id);

-- What topics are found in: a group of products, or a product of which no group is known.
CREATE TABLE topic_group (
    group_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text NOT NULL CHECK (kind IN ('group', 'product')),
    name       text NOT NULL,
    products   text[] NOT NULL,
    persons    integer NOT NULL DEFAULT 0,
    decided_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (kind, name)
);

-- Identity of a topic; it keeps its id while its figures change.
CREATE TABLE topic (
    topic_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    group_id   bigint NOT NULL REFERENCES topic_group ON DELETE CASCADE,
    anchor     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (group_id, anchor)
);
CREATE TABLE topic_figure (
    topic_id   bigint PRIMARY KEY REFERENCES topic ON DELETE CASCADE,
    lineage_id integer NOT NULL REFERENCES lineage,
    label      text NOT NULL,
    terms      text[] NOT NULL,
    persons    integer NOT NULL,
    share      double precision NOT NULL CHECK (share BETWEEN 0 AND 1),
    first_seen timestamptz,
    last_seen  timestamptz,
    salience   double precision NOT NULL DEFAULT 0,
    decided_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE topic_quote (
    topic_id bigint NOT NULL REFERENCES topic ON DELETE CASCADE,
    rank     smallint NOT NULL,
    term_id  bigint NOT NULL REFERENCES term ON DELETE CASCADE,
    PRIMARY KEY (topic_id, rank)
);
CREATE INDEX topic_quote_term ON topic_quote (term_id);

CREATE VIEW lists.topics WITH (security_barrier) AS
SELECT 'T' || t.topic_id AS topic_id, f.label, f.terms, g.name AS product, g.products, f.persons,
       g.persons AS persons_exposed, f.share, f.salience, f.first_seen, f.last_seen, f.decided_at
FROM topic t
JOIN topic_figure f USING (topic_id)
JOIN topic_group g USING (group_id);
COMMENT ON VIEW lists.topics IS 'What recurs in a group of products, or in a product of no known group, counted in persons.';
COMMENT ON COLUMN lists.topics.topic_id IS 'T and a number that stays while the figures change.';
COMMENT ON COLUMN lists.topics.label IS 'Its most typical phrase.';
COMMENT ON COLUMN lists.topics.terms IS 'The words that it groups, then what is said of them, each the most frequent first; at most eight.';
COMMENT ON COLUMN lists.topics.product IS 'Group of products, or the product where no group is known.';
COMMENT ON COLUMN lists.topics.products IS 'The group''s products; the product itself where no group is known.';
COMMENT ON COLUMN lists.topics.persons IS 'Distinct persons with the topic; copies of one text count once.';
COMMENT ON COLUMN lists.topics.persons_exposed IS 'Distinct persons who spoke of the group''s products.';
COMMENT ON COLUMN lists.topics.share IS 'persons over persons_exposed, 0 to 1.';
COMMENT ON COLUMN lists.topics.salience IS 'How much more is said of it here than in the other groups, see docs/topics.md; negative for less.';
COMMENT ON COLUMN lists.topics.first_seen IS 'Oldest dated feedback with it; null without dates.';
COMMENT ON COLUMN lists.topics.last_seen IS 'Newest dated feedback with it; null without dates.';
COMMENT ON COLUMN lists.topics.decided_at IS 'When the figures were computed.';

CREATE VIEW lists.topic_quotes WITH (security_barrier) AS
SELECT 'T' || q.topic_id AS topic_id, q.rank,
       lists.quote(CASE m.field WHEN 'title' THEN r.title ELSE r.text END, m.evidence_start, m.evidence_end, r.state) AS text,
       'F' || r.feedback_id AS feedback_id, f.url, m.field, m.evidence_start, m.evidence_end, m.term_start, m.term_end,
       f.product, f.source, f.created_at, r.rating_1_5 AS rating
FROM topic_quote q
JOIN term m USING (term_id)
JOIN masked_revision r ON r.revision_id = m.revision_id
JOIN feedback f ON f.feedback_id = r.feedback_id;
COMMENT ON VIEW lists.topic_quotes IS 'Up to five quotes for each topic, of different persons, personal data masked.';
COMMENT ON COLUMN lists.topic_quotes.topic_id IS 'Topic of lists.topics.';
COMMENT ON COLUMN lists.topic_quotes.rank IS 'Order of the quotes, the most typical first.';
COMMENT ON COLUMN lists.topic_quotes.text IS 'The clause that speaks of it, masked.';
COMMENT ON COLUMN lists.topic_quotes.feedback_id IS 'F and a number: the feedback it comes from.';
COMMENT ON COLUMN lists.topic_quotes.url IS 'Address of the feedback at its source, where there is one.';
COMMENT ON COLUMN lists.topic_quotes.field IS 'text or title.';
COMMENT ON COLUMN lists.topic_quotes.evidence_start IS 'Offset of the quote''s first character in the field.';
COMMENT ON COLUMN lists.topic_quotes.evidence_end IS 'Offset behind its last character.';
COMMENT ON COLUMN lists.topic_quotes.term_start IS 'Offset of the noun''s first character in the field.';
COMMENT ON COLUMN lists.topic_quotes.term_end IS 'Offset behind its last character.';
COMMENT ON COLUMN lists.topic_quotes.product IS 'Product that was spoken of.';
COMMENT ON COLUMN lists.topic_quotes.source IS 'Source of the feedback.';
COMMENT ON COLUMN lists.topic_quotes.created_at IS 'Time of the feedback; null without a date.';
COMMENT ON COLUMN lists.topic_quotes.rating IS 'Stars, 1 to 5; null without.';

GRANT SELECT ON lists.topics, lists.topic_quotes TO kundenecho_marketing, kundenecho_product, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON term, topic_group, topic, topic_figure, topic_quote TO kundenecho_pipeline;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA kundenecho TO kundenecho_pipeline;
