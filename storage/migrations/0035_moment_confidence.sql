-- How surely a moment is read; the quotes behind each cell come in that order.

SET LOCAL search_path = kundenecho;

ALTER TABLE moment ADD COLUMN confidence real CHECK (confidence BETWEEN 0 AND 1);

DROP VIEW lists.journey_quotes, journey_quote;

CREATE OR REPLACE VIEW journey_told AS
SELECT s.about, s.product, s.voice, s.feedback_id, s.revision_id, s.extreme, s.said_at, m.moment_id, m.field, m.evidence_start,
       m.evidence_end, m.quote_start, m.quote_end, m.phase, coalesce(m.touchpoint, 'overall') AS touchpoint, m.mood, m.emotion,
       m.expectation, m.confidence
FROM journey_scope s
JOIN moment m ON m.revision_id = s.revision_id AND m.lineage_id = s.lineage_id;

-- The moment of each person at each touchpoint that is read most surely, to a tenth, then the clearest; of who praises and
-- criticises one of each.
CREATE VIEW journey_quote AS
SELECT *, row_number() OVER (PARTITION BY about, touchpoint, cell ORDER BY sure DESC, clear DESC, long DESC, said_at DESC NULLS LAST, moment_id)
    AS rank
FROM (
    SELECT *, lists.journey_mood(max(mood) OVER person, min(mood) OVER person) AS cell,
           row_number() OVER (PARTITION BY about, touchpoint, voice, sign(mood) ORDER BY sure DESC, clear DESC, long DESC, moment_id) AS turn
    FROM (SELECT *, emotion IS NOT NULL OR expectation IS NOT NULL AS clear, coalesce(round(confidence::numeric, 1), 0) AS sure,
                 evidence_end - evidence_start >= 15 AS long
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
       q.said_at AS created_at, r.rating_1_5 AS rating,
       q.confidence
FROM journey_quote q
JOIN feedback f ON f.feedback_id = q.feedback_id
JOIN masked_revision r ON r.revision_id = q.revision_id
WHERE q.rank <= 20;
COMMENT ON VIEW lists.journey_quotes IS 'Up to twenty quotes behind each cell of lists.journey, of different persons, personal data masked; of who praises and criticises one of each.';
COMMENT ON COLUMN lists.journey_quotes.about IS 'all, company (feedback that names no product), or product and its identifier.';
COMMENT ON COLUMN lists.journey_quotes.product IS 'Product, where about names one.';
COMMENT ON COLUMN lists.journey_quotes.phase IS 'before, during or after; null for overall.';
COMMENT ON COLUMN lists.journey_quotes.touchpoint IS 'Touchpoint of lists.journey; overall for verdicts on the whole and what no words place.';
COMMENT ON COLUMN lists.journey_quotes.mood IS 'Mood of the person at the touchpoint, a column of lists.journey.';
COMMENT ON COLUMN lists.journey_quotes.rank IS 'Order of the quotes of a cell, those read most surely first, then the clearest.';
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
COMMENT ON COLUMN lists.journey_quotes.confidence IS 'Probability, 0 to 1, that a reader sees the mood so; null where it was read before that was kept.';

GRANT SELECT ON lists.journey_quotes TO kundenecho_marketing, kundenecho_product, kundenecho_support, kundenecho_pipeline;
GRANT SELECT ON journey_quote TO kundenecho_pipeline;
