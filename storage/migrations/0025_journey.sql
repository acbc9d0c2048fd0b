-- The customer's journey: what each clause tells of a touchpoint, and how persons felt there.

SET LOCAL search_path = kundenecho;

-- A lineage that was built before this table has none; the next analyse builds one that has.
CREATE TABLE moment (
    moment_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lineage_id     integer NOT NULL,
    revision_id    bigint NOT NULL,
    field          text NOT NULL CHECK (field IN ('text', 'title')),
    evidence_start integer NOT NULL,
    evidence_end   integer NOT NULL,
    quote_start    integer NOT NULL,
    quote_end      integer NOT NULL,
    phase          text,
    touchpoint     text,
    mood           smallint NOT NULL CHECK (mood BETWEEN -2 AND 2),
    emotion        text,
    expectation    text,
    FOREIGN KEY (lineage_id, revision_id) REFERENCES analysis ON DELETE CASCADE,
    CHECK (quote_start >= 0 AND evidence_end > evidence_start),
    CHECK (quote_start <= evidence_start AND quote_end >= evidence_end),
    CHECK ((phase IS NULL) = (touchpoint IS NULL))
);
CREATE INDEX moment_analysis ON moment (revision_id, lineage_id);

-- Feedback in German words with whom it counts for, and whether its verdict is an extreme one: one star or five, or where
-- there are no stars 0, 1 or 10 of the recommendation question. Dates are believed as in storage/voices.py.
CREATE VIEW journey_feedback AS
SELECT c.feedback_id, c.revision_id, a.lineage_id, c.product, c.source,
       CASE WHEN k.counts_as IS NULL THEN coalesce(c.person_id, -c.feedback_id)
            ELSE coalesce(writer.person_id, -k.counts_as) END AS voice,
       coalesce(c.rating_1_5 <= 1.5 OR c.rating_1_5 >= 4.5, c.nps_0_10 <= 1 OR c.nps_0_10 = 10, false) AS extreme,
       CASE WHEN c.created_at <= greatest(c.collected_at, l.loaded_at) + interval '1 day' AND c.created_at >= '1995-01-01Z'
            THEN c.created_at END AS said_at
FROM lineage active
JOIN analysis a ON a.lineage_id = active.lineage_id AND a.sentiment IS NOT NULL
JOIN current_feedback c ON c.revision_id = a.revision_id
JOIN load l ON l.load_id = c.load_id
LEFT JOIN collapse k ON k.feedback_id = c.feedback_id
LEFT JOIN feedback first ON first.feedback_id = k.counts_as
LEFT JOIN author writer ON writer.author_id = first.author_id
WHERE active.state = 'active' AND c.state <> 'deleted';

-- What a feedback is about beside everything: its product or, where it names none, the company. One key, so that whoever
-- asks for one product does not pay for all.
CREATE FUNCTION lists.journey_about(of_product text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce('product ' || of_product, 'company')
$$;

-- The mood of a person, from the moments that were felt best and worst: 0 for praise and criticism, null without a verdict.
CREATE FUNCTION lists.journey_mood(best integer, worst integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN best > 0 AND worst < 0 THEN 0 WHEN best > 0 THEN best WHEN worst < 0 THEN worst END
$$;

CREATE FUNCTION lists.journey_mood_name(mood integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce((ARRAY['very_negative', 'negative', 'mixed', 'positive', 'very_positive'])[mood + 3], 'unjudged')
$$;

CREATE VIEW journey_scope AS
SELECT 'all' AS about, NULL::text AS product, f.feedback_id, f.revision_id, f.lineage_id, f.voice, f.extreme,
       f.said_at
FROM journey_feedback f
UNION ALL
SELECT lists.journey_about(f.product), f.product, f.feedback_id, f.revision_id, f.lineage_id, f.voice, f.extreme,
       f.said_at
FROM journey_feedback f;

CREATE VIEW journey_told AS
SELECT s.about, s.product, s.voice, s.feedback_id, s.revision_id, s.extreme, s.said_at, m.moment_id, m.field, m.evidence_start,
       m.evidence_end, m.quote_start, m.quote_end, m.phase, coalesce(m.touchpoint, 'overall') AS touchpoint, m.mood, m.emotion,
       m.expectation
FROM journey_scope s
JOIN moment m ON m.revision_id = s.revision_id AND m.lineage_id = s.lineage_id;

-- One person at one touchpoint.
CREATE VIEW journey_point AS
SELECT about, max(product) AS product, touchpoint, max(phase) AS phase, voice,
       lists.journey_mood(max(mood), min(mood)) AS mood, bool_or(extreme) AS extreme,
       array_agg(DISTINCT emotion) FILTER (WHERE emotion IS NOT NULL) AS emotions,
       array_agg(DISTINCT expectation) FILTER (WHERE expectation IS NOT NULL) AS expectations
FROM journey_told GROUP BY about, touchpoint, voice;

CREATE VIEW lists.journey WITH (security_barrier) AS
WITH told AS (
    SELECT about, max(product) AS product, max(phase) AS phase, touchpoint, count(*) AS persons,
           count(*) FILTER (WHERE mood = 2) AS very_positive, count(*) FILTER (WHERE mood = 1) AS positive,
           count(*) FILTER (WHERE mood = 0) AS mixed, count(*) FILTER (WHERE mood = -1) AS negative,
           count(*) FILTER (WHERE mood = -2) AS very_negative, count(*) FILTER (WHERE mood IS NULL) AS unjudged,
           count(mood) AS judging, count(*) FILTER (WHERE mood < 0) AS unhappy,
           count(*) FILTER (WHERE extreme) AS extreme_persons,
           count(*) FILTER (WHERE 'joy' = ANY(emotions)) AS joy, count(*) FILTER (WHERE 'trust' = ANY(emotions)) AS trust,
           count(*) FILTER (WHERE 'surprise' = ANY(emotions)) AS surprise,
           count(*) FILTER (WHERE 'disappointment' = ANY(emotions)) AS disappointment,
           count(*) FILTER (WHERE 'anger' = ANY(emotions)) AS anger, count(*) FILTER (WHERE 'worry' = ANY(emotions)) AS worry,
           count(*) FILTER (WHERE 'exceeded' = ANY(expectations)) AS exceeded,
           count(*) FILTER (WHERE 'met' = ANY(expectations)) AS met,
           count(*) FILTER (WHERE 'disappointed' = ANY(expectations)) AS disappointed
    FROM journey_point GROUP BY about, touchpoint
), asked AS (
    SELECT about, count(*) AS persons, count(*) FILTER (WHERE extreme) AS extreme
    FROM (SELECT about, voice, bool_or(extreme) AS extreme FROM journey_scope GROUP BY about, voice) person GROUP BY about
), least AS (SELECT 5 AS persons)
SELECT t.about, t.product, t.phase, t.touchpoint, t.persons::int, a.persons::int AS of_persons,
       greatest(least.persons - t.judging, 0)::int AS needed,
       t.very_positive::int, t.positive::int, t.mixed::int, t.negative::int, t.very_negative::int, t.unjudged::int,
       CASE WHEN t.judging >= least.persons THEN t.unhappy::double precision / t.judging END AS negative_share,
       CASE WHEN t.judging >= least.persons THEN lists.wilson(t.unhappy, t.judging, false) END AS negative_low,
       CASE WHEN t.judging >= least.persons THEN lists.wilson(t.unhappy, t.judging, true) END AS negative_high,
       t.extreme_persons::int, a.extreme::int AS of_extreme,
       CASE WHEN a.extreme >= least.persons THEN t.extreme_persons::double precision / a.extreme END AS importance,
       CASE WHEN a.extreme >= least.persons THEN lists.wilson(t.extreme_persons, a.extreme, false) END AS importance_low,
       CASE WHEN a.extreme >= least.persons THEN lists.wilson(t.extreme_persons, a.extreme, true) END AS importance_high,
       t.exceeded::int, t.met::int, t.disappointed::int, t.joy::int, t.trust::int, t.surprise::int, t.disappointment::int,
       t.anger::int, t.worry::int
FROM told t CROSS JOIN least
JOIN asked a ON a.about = t.about;
COMMENT ON VIEW lists.journey IS 'The journey map: each touchpoint with the persons who told of it and how they felt, for everything, for each product, and for the company (feedback that names no product). At each touchpoint a person stands in one of five moods, or tells of it without a verdict.';
COMMENT ON COLUMN lists.journey.about IS 'all, company (feedback that names no product), or product and its identifier.';
COMMENT ON COLUMN lists.journey.product IS 'Product, where about names one.';
COMMENT ON COLUMN lists.journey.phase IS 'before, during or after; null for overall.';
COMMENT ON COLUMN lists.journey.touchpoint IS 'advertising, advice, order, delivery, packaging, first_use, use, cleaning, support, returns, repurchase, or overall for what belongs to none.';
COMMENT ON COLUMN lists.journey.persons IS 'Distinct persons who told of it; copies of one text count once.';
COMMENT ON COLUMN lists.journey.of_persons IS 'Distinct persons who wrote anything in German.';
COMMENT ON COLUMN lists.journey.needed IS 'Persons with a verdict still missing for negative_share; 0 when there are five.';
COMMENT ON COLUMN lists.journey.very_positive IS 'Of persons: praise with a feeling, or an expectation exceeded.';
COMMENT ON COLUMN lists.journey.positive IS 'Of persons: praise, or an expectation met.';
COMMENT ON COLUMN lists.journey.mixed IS 'Of persons: praise and criticism.';
COMMENT ON COLUMN lists.journey.negative IS 'Of persons: criticism.';
COMMENT ON COLUMN lists.journey.very_negative IS 'Of persons: criticism with a feeling, or an expectation disappointed.';
COMMENT ON COLUMN lists.journey.unjudged IS 'Of persons: told without a verdict.';
COMMENT ON COLUMN lists.journey.negative_share IS 'negative and very_negative over persons with a verdict, 0 to 1; null below five of these.';
COMMENT ON COLUMN lists.journey.negative_low IS 'Lower end of its 95 % Wilson interval.';
COMMENT ON COLUMN lists.journey.negative_high IS 'Upper end of its 95 % Wilson interval.';
COMMENT ON COLUMN lists.journey.extreme_persons IS 'Persons whose text with an extreme verdict tells of it.';
COMMENT ON COLUMN lists.journey.of_extreme IS 'Persons with words and an extreme verdict: one star or five; without stars 0, 1 or 10 of the recommendation question.';
COMMENT ON COLUMN lists.journey.importance IS 'extreme_persons over of_extreme, 0 to 1; null below five.';
COMMENT ON COLUMN lists.journey.importance_low IS 'Lower end of its 95 % Wilson interval.';
COMMENT ON COLUMN lists.journey.importance_high IS 'Upper end of its 95 % Wilson interval.';
COMMENT ON COLUMN lists.journey.exceeded IS 'Persons whose expectation was exceeded.';
COMMENT ON COLUMN lists.journey.met IS 'Persons whose expectation was met.';
COMMENT ON COLUMN lists.journey.disappointed IS 'Persons whose expectation was disappointed.';
COMMENT ON COLUMN lists.journey.joy IS 'Persons who show joy.';
COMMENT ON COLUMN lists.journey.trust IS 'Persons who show trust.';
COMMENT ON COLUMN lists.journey.surprise IS 'Persons who show surprise.';
COMMENT ON COLUMN lists.journey.disappointment IS 'Persons who show disappointment.';
COMMENT ON COLUMN lists.journey.anger IS 'Persons who show anger.';
COMMENT ON COLUMN lists.journey.worry IS 'Persons who show worry.';

CREATE VIEW lists.journey_transitions WITH (security_barrier) AS
WITH step AS (
    SELECT about, product, voice, feedback_id, touchpoint, mood,
           lag(touchpoint) OVER told AS before, lag(mood) OVER told AS mood_before, lag(feedback_id) OVER told AS feedback_before
    FROM journey_told WHERE touchpoint <> 'overall'
    WINDOW told AS (PARTITION BY about, voice
                    ORDER BY said_at NULLS FIRST, feedback_id, field DESC, evidence_start, moment_id)
)
SELECT about, max(product) AS product, before AS from_touchpoint, touchpoint AS to_touchpoint, count(DISTINCT voice)::int AS persons,
       (count(DISTINCT voice) FILTER (WHERE mood_before > 0 AND mood < 0))::int AS turned_bad,
       (count(DISTINCT voice) FILTER (WHERE mood_before < 0 AND mood > 0))::int AS turned_good,
       (count(DISTINCT voice) FILTER (WHERE feedback_before <> feedback_id))::int AS apart
FROM step WHERE before <> touchpoint GROUP BY about, before, touchpoint;
COMMENT ON VIEW lists.journey_transitions IS 'Which touchpoint persons tell of after which, in the order of their feedback and within a text in that of its words; each person counts once for each way.';
COMMENT ON COLUMN lists.journey_transitions.about IS 'all, company (feedback that names no product), or product and its identifier.';
COMMENT ON COLUMN lists.journey_transitions.product IS 'Product, where about names one.';
COMMENT ON COLUMN lists.journey_transitions.from_touchpoint IS 'Touchpoint that was told of first.';
COMMENT ON COLUMN lists.journey_transitions.to_touchpoint IS 'Touchpoint that was told of next.';
COMMENT ON COLUMN lists.journey_transitions.persons IS 'Persons who told of the two in this order.';
COMMENT ON COLUMN lists.journey_transitions.turned_bad IS 'Of persons, those who praised the first and criticise the next.';
COMMENT ON COLUMN lists.journey_transitions.turned_good IS 'Of persons, those who criticised the first and praise the next.';
COMMENT ON COLUMN lists.journey_transitions.apart IS 'Of persons, those who told of the two in different feedback.';

-- The clearest moment of each person at each touchpoint; of who praises and criticises one of each.
CREATE VIEW journey_quote AS
SELECT *, row_number() OVER (PARTITION BY about, touchpoint, cell ORDER BY clear DESC, long DESC, said_at DESC NULLS LAST, moment_id)
    AS rank
FROM (
    SELECT *, lists.journey_mood(max(mood) OVER person, min(mood) OVER person) AS cell,
           row_number() OVER (PARTITION BY about, touchpoint, voice, sign(mood) ORDER BY clear DESC, long DESC, moment_id) AS turn
    FROM (SELECT *, emotion IS NOT NULL OR expectation IS NOT NULL AS clear, evidence_end - evidence_start >= 15 AS long
          FROM journey_told) told
    WINDOW person AS (PARTITION BY about, touchpoint, voice)
) moment
-- What is told without a verdict says nothing of a mood.
WHERE turn = 1 AND CASE WHEN cell IS NULL THEN true WHEN cell = 0 THEN mood <> 0 ELSE sign(mood) = sign(cell) END;

CREATE VIEW lists.journey_quotes WITH (security_barrier) AS
SELECT q.about, q.product, q.phase, q.touchpoint, lists.journey_mood_name(q.cell) AS mood, q.rank::int, lists.journey_mood_name(nullif(q.mood, 0)) AS tone,
       q.emotion, q.expectation,
       lists.quote(CASE q.field WHEN 'title' THEN r.title ELSE r.text END, q.quote_start, q.quote_end, r.state) AS text,
       'F' || q.feedback_id AS feedback_id, f.url, q.field, q.quote_start, q.quote_end, q.evidence_start, q.evidence_end, f.product AS feedback_product, f.source,
       q.said_at AS created_at, r.rating_1_5 AS rating
FROM journey_quote q
JOIN feedback f ON f.feedback_id = q.feedback_id
JOIN masked_revision r ON r.revision_id = q.revision_id
WHERE q.rank <= 20;
COMMENT ON VIEW lists.journey_quotes IS 'Up to twenty quotes behind each cell of lists.journey, of different persons, personal data masked; of who praises and criticises one of each.';
COMMENT ON COLUMN lists.journey_quotes.about IS 'all, company (feedback that names no product), or product and its identifier.';
COMMENT ON COLUMN lists.journey_quotes.product IS 'Product, where about names one.';
COMMENT ON COLUMN lists.journey_quotes.phase IS 'before, during or after; null for overall.';
COMMENT ON COLUMN lists.journey_quotes.touchpoint IS 'Touchpoint of lists.journey.';
COMMENT ON COLUMN lists.journey_quotes.mood IS 'Mood of the person at the touchpoint, a column of lists.journey.';
COMMENT ON COLUMN lists.journey_quotes.rank IS 'Order of the quotes of a cell, the clearest first.';
COMMENT ON COLUMN lists.journey_quotes.tone IS 'Mood of the quote itself; unjudged without a verdict.';
COMMENT ON COLUMN lists.journey_quotes.emotion IS 'joy, trust, surprise, disappointment, anger or worry; null where the words show none.';
COMMENT ON COLUMN lists.journey_quotes.expectation IS 'exceeded, met or disappointed; null where the words tell of none.';
COMMENT ON COLUMN lists.journey_quotes.text IS 'The sentence, masked; of an endless one the clause.';
COMMENT ON COLUMN lists.journey_quotes.feedback_id IS 'F and a number: the feedback it comes from.';
COMMENT ON COLUMN lists.journey_quotes.url IS 'Address of the feedback at its source, where there is one.';
COMMENT ON COLUMN lists.journey_quotes.field IS 'text or title.';
COMMENT ON COLUMN lists.journey_quotes.quote_start IS 'Offset of its first character in the field.';
COMMENT ON COLUMN lists.journey_quotes.quote_end IS 'Offset behind its last character.';
COMMENT ON COLUMN lists.journey_quotes.evidence_start IS 'Offset of the first character of the clause that tells it.';
COMMENT ON COLUMN lists.journey_quotes.evidence_end IS 'Offset behind its last character.';
COMMENT ON COLUMN lists.journey_quotes.feedback_product IS 'Product that the feedback names; null for the company.';
COMMENT ON COLUMN lists.journey_quotes.source IS 'Source of the feedback.';
COMMENT ON COLUMN lists.journey_quotes.created_at IS 'Time of the feedback; null without a date that can be believed.';
COMMENT ON COLUMN lists.journey_quotes.rating IS 'Stars, 1 to 5; null without.';

GRANT SELECT ON lists.journey, lists.journey_transitions, lists.journey_quotes
    TO kundenecho_marketing, kundenecho_product, kundenecho_support, kundenecho_pipeline;
REVOKE ALL ON FUNCTION lists.journey_about(text), lists.journey_mood(integer, integer), lists.journey_mood_name(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lists.journey_about(text), lists.journey_mood(integer, integer), lists.journey_mood_name(integer)
    TO kundenecho_marketing, kundenecho_product, kundenecho_support, kundenecho_operations, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON moment TO kundenecho_pipeline;
GRANT SELECT ON journey_feedback, journey_scope, journey_told, journey_point, journey_quote TO kundenecho_pipeline;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA kundenecho TO kundenecho_pipeline;
