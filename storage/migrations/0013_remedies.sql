-- Known fixes of defects: what customers tell, what the company approves, where it is published, whom it has told, and
-- what came of it.

SET LOCAL search_path = kundenecho;

-- Fixes that customers tell of a defect, decided with its figures. A means is the noun that names what they used.
CREATE TABLE defect_fix (
    defect_id bigint NOT NULL REFERENCES defect ON DELETE CASCADE,
    fix_id    bigint NOT NULL REFERENCES fix ON DELETE CASCADE,
    rank      smallint NOT NULL,
    means     text,
    written   text,
    persons   integer NOT NULL,
    named_by  integer NOT NULL,
    PRIMARY KEY (defect_id, fix_id),
    UNIQUE (defect_id, rank),
    CHECK ((means IS NULL) = (written IS NULL))
);
CREATE INDEX defect_fix_fix ON defect_fix (fix_id);

-- A remedy belongs to names, not to the id of a defect, so that it outlives every run and every lineage. Without a text of
-- the company's own it speaks in the words of its first quote, which are not copied: they go when the customer goes.
CREATE TABLE remedy (
    remedy_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product    text NOT NULL,
    component  text NOT NULL DEFAULT '' CHECK (component = lower(component)),
    defect     text NOT NULL,
    title      text NOT NULL CHECK (title <> ''),
    text       text CHECK (text <> ''),
    steps      text[] NOT NULL DEFAULT '{}',
    state      text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'approved', 'published', 'withdrawn')),
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (text IS NOT NULL OR state IN ('draft', 'withdrawn'))
);
CREATE INDEX remedy_cell_key ON remedy (product, defect, component);

-- Who did what, oldest first; wording is what stood there when it was drafted, edited or approved.
CREATE TABLE remedy_event (
    event_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    remedy_id bigint NOT NULL REFERENCES remedy ON DELETE CASCADE,
    action    text NOT NULL CHECK (action IN ('draft', 'edit', 'approve', 'reject', 'revise', 'publish',
                                              'unpublish', 'withdraw', 'reopen', 'export', 'tell')),
    state     text NOT NULL,
    done_by   text NOT NULL CHECK (done_by <> ''),
    done_at   timestamptz NOT NULL DEFAULT now(),
    note      text,
    wording   jsonb
);
CREATE INDEX remedy_event_remedy ON remedy_event (remedy_id);

-- The customers' words that it rests on, named as the source names them; gone with their feedback.
CREATE TABLE remedy_quote (
    remedy_id   bigint NOT NULL REFERENCES remedy ON DELETE CASCADE,
    rank        smallint NOT NULL,
    source      text NOT NULL,
    account     text NOT NULL,
    native_id   text NOT NULL,
    field       text NOT NULL CHECK (field IN ('text', 'title')),
    quote_start integer NOT NULL CHECK (quote_start >= 0),
    quote_end   integer NOT NULL,
    -- MD5 of the quoted words: once they are edited, the offsets lead elsewhere and nothing is shown.
    words       text NOT NULL,
    PRIMARY KEY (remedy_id, rank),
    FOREIGN KEY (source, account, native_id) REFERENCES feedback (source, account, native_id) ON DELETE CASCADE,
    CHECK (quote_end > quote_start)
);
CREATE INDEX remedy_quote_feedback ON remedy_quote (source, account, native_id);

CREATE TABLE remedy_publication (
    remedy_id    bigint NOT NULL REFERENCES remedy ON DELETE CASCADE,
    channel      text NOT NULL CHECK (channel IN ('support', 'newsletter', 'manual', 'video', 'portal')),
    published_on date NOT NULL,
    ended_on     date CHECK (ended_on >= published_on),
    done_by      text NOT NULL,
    done_at      timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX remedy_publication_open ON remedy_publication (remedy_id, channel) WHERE ended_on IS NULL;

-- What came of it, decided: row 0 since the first publication, the others from one publication to the next.
CREATE TABLE remedy_effect (
    remedy_id     bigint NOT NULL REFERENCES remedy ON DELETE CASCADE,
    part          smallint NOT NULL,
    channels      text[] NOT NULL,
    first_week    date NOT NULL,
    last_week     date NOT NULL,
    weeks         integer NOT NULL,
    observed      double precision NOT NULL,
    expected      double precision NOT NULL,
    expected_low  double precision NOT NULL,
    expected_high double precision NOT NULL,
    ratio         double precision,
    ratio_low     double precision,
    ratio_high    double precision,
    verdict       text NOT NULL CHECK (verdict IN ('fewer', 'more', 'unclear', 'too_little_data')),
    weeks_needed  integer NOT NULL,
    level_since   date,
    decided_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (remedy_id, part)
);

-- Persons who named the defect and were content later, decided; one row a person, with what they say.
CREATE TABLE remedy_return (
    remedy_id   bigint NOT NULL REFERENCES remedy ON DELETE CASCADE,
    rank        integer NOT NULL,
    revision_id bigint NOT NULL REFERENCES revision ON DELETE CASCADE,
    field       text,
    quote_start integer,
    quote_end   integer,
    PRIMARY KEY (remedy_id, rank)
);
CREATE INDEX remedy_return_revision ON remedy_return (revision_id);

-- The cell that a remedy counts for now: its part by the name that is used for it today.
CREATE VIEW remedy_cell AS
SELECT y.remedy_id, y.product, coalesce(a.canonical, y.component) AS component, y.defect, d.defect_id
FROM remedy y
LEFT JOIN component_alias a ON (a.product, a.defect, a.component) = (y.product, y.defect, y.component)
LEFT JOIN defect d ON (d.product, d.component, d.defect) = (y.product, coalesce(a.canonical, y.component), y.defect);

-- How many have bought a product: units sold, returns taken off, where sales are imported, else the orders known.
CREATE VIEW product_bought AS
SELECT product, greatest(sum(units), 0)::bigint AS bought, 'units' AS bought_unit
FROM sale WHERE known_until IS NULL GROUP BY product
UNION ALL
SELECT o.product, count(*), 'orders'
FROM customer_order o WHERE o.known_until IS NULL AND o.quantity > 0
    AND NOT EXISTS (SELECT FROM sale s WHERE s.product = o.product AND s.known_until IS NULL)
GROUP BY o.product;

CREATE VIEW lists.remedy_offers WITH (security_barrier) AS
SELECT 'D' || x.defect_id AS defect_id, x.rank, x.written AS means, x.persons, x.named_by,
       lists.quote(CASE f.field WHEN 'title' THEN r.title ELSE r.text END, f.fix_start, f.fix_end, r.state) AS quote,
       'F' || r.feedback_id AS feedback_id, b.url, b.source, b.created_at, f.field, f.fix_start, f.fix_end
FROM defect_fix x
JOIN fix f USING (fix_id)
JOIN masked_revision r ON r.revision_id = f.revision_id
JOIN feedback b ON b.feedback_id = r.feedback_id;
COMMENT ON VIEW lists.remedy_offers IS 'What customers say helped against a defect, the best supported first: drafts for remedies.';
COMMENT ON COLUMN lists.remedy_offers.defect_id IS 'Defect of lists.defects.';
COMMENT ON COLUMN lists.remedy_offers.rank IS 'Order: told by most persons, then those that name a means, then the nearest to the complaint.';
COMMENT ON COLUMN lists.remedy_offers.means IS 'What was used, as customers write it; null where the words name nothing.';
COMMENT ON COLUMN lists.remedy_offers.persons IS 'Persons who tell a fix with this means; 1 without a means.';
COMMENT ON COLUMN lists.remedy_offers.named_by IS 'Persons whose words about the product name the means at all.';
COMMENT ON COLUMN lists.remedy_offers.quote IS 'What the customer says, masked.';
COMMENT ON COLUMN lists.remedy_offers.feedback_id IS 'F and a number: the feedback it comes from.';
COMMENT ON COLUMN lists.remedy_offers.url IS 'Address of the feedback at its source, where there is one.';
COMMENT ON COLUMN lists.remedy_offers.source IS 'Source of the feedback.';
COMMENT ON COLUMN lists.remedy_offers.created_at IS 'Time of the feedback; null without a date.';
COMMENT ON COLUMN lists.remedy_offers.field IS 'text or title.';
COMMENT ON COLUMN lists.remedy_offers.fix_start IS 'Offset of the quote''s first character in the field.';
COMMENT ON COLUMN lists.remedy_offers.fix_end IS 'Offset behind its last character.';

CREATE VIEW lists.remedy_quotes WITH (security_barrier) AS
SELECT 'R' || q.remedy_id AS remedy_id, q.rank,
       lists.quote(CASE q.field WHEN 'title' THEN r.title ELSE r.text END, q.quote_start, q.quote_end,
                   CASE WHEN md5(substr(CASE q.field WHEN 'title' THEN c.title ELSE c.text END, q.quote_start + 1,
                                        q.quote_end - q.quote_start)) = q.words THEN r.state ELSE 'deleted' END) AS quote,
       'F' || r.feedback_id AS feedback_id, f.url, f.source, f.created_at
FROM remedy_quote q
JOIN feedback f USING (source, account, native_id)
JOIN revision c ON c.revision_id = f.current_revision_id
JOIN masked_revision r ON r.revision_id = c.revision_id;
COMMENT ON VIEW lists.remedy_quotes IS 'The customers'' words that a remedy rests on, personal data masked.';
COMMENT ON COLUMN lists.remedy_quotes.remedy_id IS 'Remedy of lists.remedies.';
COMMENT ON COLUMN lists.remedy_quotes.rank IS 'Order of the quotes.';
COMMENT ON COLUMN lists.remedy_quotes.quote IS 'What the customer says, masked; not available any more where the text was edited or is gone.';
COMMENT ON COLUMN lists.remedy_quotes.feedback_id IS 'F and a number: the feedback it comes from.';
COMMENT ON COLUMN lists.remedy_quotes.url IS 'Address of the feedback at its source, where there is one.';
COMMENT ON COLUMN lists.remedy_quotes.source IS 'Source of the feedback.';
COMMENT ON COLUMN lists.remedy_quotes.created_at IS 'Time of the feedback; null without a date.';

CREATE VIEW lists.remedies WITH (security_barrier) AS
SELECT 'R' || y.remedy_id AS remedy_id, 'D' || c.defect_id AS defect_id, y.product, p.name AS product_name,
       coalesce(g.component_name, nullif(c.component, '')) AS component, y.defect, y.title,
       coalesce(y.text, (SELECT q.quote FROM lists.remedy_quotes q WHERE q.remedy_id = 'R' || y.remedy_id
                         ORDER BY q.rank LIMIT 1)) AS text,
       y.text IS NOT NULL AS own_words, y.steps, y.state,
       (SELECT e.done_by FROM remedy_event e WHERE e.remedy_id = y.remedy_id ORDER BY e.event_id LIMIT 1) AS author,
       y.created_at, o.done_by AS approved_by, o.done_at AS approved_at,
       (SELECT array_agg(x.channel ORDER BY x.published_on, x.channel) FROM remedy_publication x
        WHERE x.remedy_id = y.remedy_id AND x.ended_on IS NULL) AS channels,
       (SELECT min(x.published_on) FROM remedy_publication x WHERE x.remedy_id = y.remedy_id AND x.ended_on IS NULL)
           AS published_on,
       b.bought, b.bought_unit, w.verdict AS effect, w.weeks AS effect_weeks, w.observed AS effect_observed,
       w.expected AS effect_expected, w.expected_low AS effect_expected_low, w.expected_high AS effect_expected_high,
       w.ratio AS effect_ratio, w.ratio_low AS effect_ratio_low, w.ratio_high AS effect_ratio_high,
       w.weeks_needed AS effect_weeks_needed,
       (SELECT count(*) FROM remedy_return t WHERE t.remedy_id = y.remedy_id)::int AS returned
FROM remedy y
JOIN remedy_cell c USING (remedy_id)
LEFT JOIN product p ON p.product = y.product
LEFT JOIN defect_figure g ON g.defect_id = c.defect_id
LEFT JOIN product_bought b ON b.product = y.product
LEFT JOIN remedy_effect w ON w.remedy_id = y.remedy_id AND w.part = 0
LEFT JOIN LATERAL (
    SELECT e.done_by, e.done_at FROM remedy_event e
    WHERE e.remedy_id = y.remedy_id AND e.action = 'approve' AND y.state IN ('approved', 'published')
    ORDER BY e.event_id DESC LIMIT 1
) o ON true;
COMMENT ON VIEW lists.remedies IS 'Known fixes of defects: what they say, how far they are, and what came of them.';
COMMENT ON COLUMN lists.remedies.remedy_id IS 'R and a number.';
COMMENT ON COLUMN lists.remedies.defect_id IS 'Defect of lists.defects; null while nobody names it.';
COMMENT ON COLUMN lists.remedies.product IS 'Product identifier of the source.';
COMMENT ON COLUMN lists.remedies.product_name IS 'Name of the product; null where no feedback of it is known.';
COMMENT ON COLUMN lists.remedies.component IS 'The part; null for the whole product.';
COMMENT ON COLUMN lists.remedies.defect IS 'Type of defect, see docs/understanding.md.';
COMMENT ON COLUMN lists.remedies.title IS 'What it is about, in a few words.';
COMMENT ON COLUMN lists.remedies.text IS 'What helps, in the company''s words; in a draft perhaps those of the first quote, masked.';
COMMENT ON COLUMN lists.remedies.own_words IS 'Whether the text is the company''s; without one nothing is approved.';
COMMENT ON COLUMN lists.remedies.steps IS 'What to do, step by step; may be empty.';
COMMENT ON COLUMN lists.remedies.state IS 'draft, approved, published or withdrawn.';
COMMENT ON COLUMN lists.remedies.author IS 'Who drafted it.';
COMMENT ON COLUMN lists.remedies.created_at IS 'When it was drafted.';
COMMENT ON COLUMN lists.remedies.approved_by IS 'Who approved what stands there now; null where nobody has.';
COMMENT ON COLUMN lists.remedies.approved_at IS 'When.';
COMMENT ON COLUMN lists.remedies.channels IS 'Where it is published: support, newsletter, manual, video, portal; null for nowhere.';
COMMENT ON COLUMN lists.remedies.published_on IS 'First day of its publication; null where it is not published.';
COMMENT ON COLUMN lists.remedies.bought IS 'Units sold less returns where sales are imported, else orders known; null where neither is.';
COMMENT ON COLUMN lists.remedies.bought_unit IS 'units or orders.';
COMMENT ON COLUMN lists.remedies.effect IS 'fewer, more, unclear or too_little_data; null before the first closed week.';
COMMENT ON COLUMN lists.remedies.effect_weeks IS 'Closed weeks since the publication.';
COMMENT ON COLUMN lists.remedies.effect_observed IS 'Persons who named the defect in them.';
COMMENT ON COLUMN lists.remedies.effect_expected IS 'Persons that the time before lets expect in them without the remedy.';
COMMENT ON COLUMN lists.remedies.effect_expected_low IS 'At least so many, 95 % range of the count.';
COMMENT ON COLUMN lists.remedies.effect_expected_high IS 'At most so many.';
COMMENT ON COLUMN lists.remedies.effect_ratio IS 'Rate over the rate that was to be expected: 0.5 is half; null from too little data.';
COMMENT ON COLUMN lists.remedies.effect_ratio_low IS 'Lower end of its 95 % interval.';
COMMENT ON COLUMN lists.remedies.effect_ratio_high IS 'Upper end of its 95 % interval.';
COMMENT ON COLUMN lists.remedies.effect_weeks_needed IS 'Weeks still missing for a verdict at the present pace; 0 when there is one.';
COMMENT ON COLUMN lists.remedies.returned IS 'Persons who named the defect and were content after the publication.';

CREATE VIEW lists.remedy_events WITH (security_barrier) AS
SELECT 'R' || remedy_id AS remedy_id, event_id, action, state, done_by, done_at, note FROM remedy_event;
COMMENT ON VIEW lists.remedy_events IS 'Who did what with a remedy, and when.';
COMMENT ON COLUMN lists.remedy_events.remedy_id IS 'Remedy of lists.remedies.';
COMMENT ON COLUMN lists.remedy_events.event_id IS 'Order of the events.';
COMMENT ON COLUMN lists.remedy_events.action IS 'draft, edit, approve, reject, revise, publish, unpublish, withdraw, reopen, export or tell.';
COMMENT ON COLUMN lists.remedy_events.state IS 'State of the remedy after it.';
COMMENT ON COLUMN lists.remedy_events.done_by IS 'Who.';
COMMENT ON COLUMN lists.remedy_events.done_at IS 'When.';
COMMENT ON COLUMN lists.remedy_events.note IS 'Reason or detail; null for none.';

CREATE VIEW lists.remedy_effects WITH (security_barrier) AS
SELECT 'R' || remedy_id AS remedy_id, part, channels, first_week, last_week, weeks, observed, expected, expected_low,
       expected_high, ratio, ratio_low, ratio_high, verdict, weeks_needed, level_since, decided_at
FROM remedy_effect;
COMMENT ON VIEW lists.remedy_effects IS 'What came of a remedy, as a whole and from one publication to the next.';
COMMENT ON COLUMN lists.remedy_effects.remedy_id IS 'Remedy of lists.remedies.';
COMMENT ON COLUMN lists.remedy_effects.part IS '0 for the whole time since the first publication, then one row for each further publication.';
COMMENT ON COLUMN lists.remedy_effects.channels IS 'Where it was published by then.';
COMMENT ON COLUMN lists.remedy_effects.first_week IS 'Monday of the first whole week.';
COMMENT ON COLUMN lists.remedy_effects.last_week IS 'Monday of the last closed week.';
COMMENT ON COLUMN lists.remedy_effects.weeks IS 'Weeks in which somebody spoke of the product.';
COMMENT ON COLUMN lists.remedy_effects.observed IS 'Persons who named the defect.';
COMMENT ON COLUMN lists.remedy_effects.expected IS 'Persons that the time before lets expect without the remedy.';
COMMENT ON COLUMN lists.remedy_effects.expected_low IS 'At least so many, 95 % range of the count.';
COMMENT ON COLUMN lists.remedy_effects.expected_high IS 'At most so many.';
COMMENT ON COLUMN lists.remedy_effects.ratio IS 'Rate over the rate that was to be expected; null from too little data.';
COMMENT ON COLUMN lists.remedy_effects.ratio_low IS 'Lower end of its 95 % interval.';
COMMENT ON COLUMN lists.remedy_effects.ratio_high IS 'Upper end of its 95 % interval.';
COMMENT ON COLUMN lists.remedy_effects.verdict IS 'fewer, more, unclear or too_little_data.';
COMMENT ON COLUMN lists.remedy_effects.weeks_needed IS 'Weeks still missing for a verdict at the present pace; 0 when there is one.';
COMMENT ON COLUMN lists.remedy_effects.level_since IS 'Week since which the rate had stood where it was; null: the whole time before counts.';
COMMENT ON COLUMN lists.remedy_effects.decided_at IS 'When it was computed.';

CREATE VIEW lists.remedy_returns WITH (security_barrier) AS
SELECT 'R' || t.remedy_id AS remedy_id, t.rank,
       lists.quote(CASE t.field WHEN 'title' THEN r.title ELSE r.text END, t.quote_start, t.quote_end, r.state) AS quote,
       'F' || r.feedback_id AS feedback_id, f.url, f.source, f.created_at, r.rating_1_5 AS rating
FROM remedy_return t
JOIN masked_revision r USING (revision_id)
JOIN feedback f ON f.feedback_id = r.feedback_id;
COMMENT ON VIEW lists.remedy_returns IS 'Persons who named the defect and were content after a remedy was published, each with their words.';
COMMENT ON COLUMN lists.remedy_returns.remedy_id IS 'Remedy of lists.remedies.';
COMMENT ON COLUMN lists.remedy_returns.rank IS 'Order, the oldest first.';
COMMENT ON COLUMN lists.remedy_returns.quote IS 'What is praised, masked; null where only stars tell it.';
COMMENT ON COLUMN lists.remedy_returns.feedback_id IS 'F and a number: the feedback it comes from.';
COMMENT ON COLUMN lists.remedy_returns.url IS 'Address of the feedback at its source, where there is one.';
COMMENT ON COLUMN lists.remedy_returns.source IS 'Source of the feedback.';
COMMENT ON COLUMN lists.remedy_returns.created_at IS 'Time of the feedback; null without a date.';
COMMENT ON COLUMN lists.remedy_returns.rating IS 'Stars, 1 to 5; null without.';

GRANT SELECT ON lists.remedies, lists.remedy_offers, lists.remedy_quotes, lists.remedy_events, lists.remedy_effects,
    lists.remedy_returns TO kundenecho_product, kundenecho_support, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON defect_fix, remedy, remedy_event, remedy_quote, remedy_publication, remedy_effect,
    remedy_return TO kundenecho_pipeline;
GRANT SELECT ON remedy_cell, product_bought TO kundenecho_pipeline;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA kundenecho TO kundenecho_pipeline;
