-- Where texts hold personal data, as one lineage found it: names, addresses and numbers that no pattern would see.

SET LOCAL search_path = kundenecho;

-- Gone with its analysis, thus with the text when it is erased; the retention step deletes the spans of a text that it
-- takes away.
CREATE TABLE personal_span (
    lineage_id  integer NOT NULL,
    revision_id bigint NOT NULL,
    field       text NOT NULL CHECK (field IN ('text', 'title')),
    span_start  integer NOT NULL CHECK (span_start >= 0),
    span_end    integer NOT NULL,
    kind        text NOT NULL
        CHECK (kind IN ('name', 'phone', 'email', 'iban', 'number', 'address', 'plate', 'handle')),
    PRIMARY KEY (revision_id, lineage_id, field, span_start),
    FOREIGN KEY (lineage_id, revision_id) REFERENCES analysis ON DELETE CASCADE,
    CHECK (span_end > span_start)
);

-- Same length in, same length out: what the patterns of lists.mask(text) hide, and the spans.
CREATE FUNCTION lists.mask(body text, spans int4range[]) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    masked text := lists.mask(body);
    span   int4range;
    hidden integer;
BEGIN
    IF body IS NULL OR spans IS NULL THEN
        RETURN masked;
    END IF;
    FOREACH span IN ARRAY spans LOOP
        hidden := least(upper(span), length(body)) - lower(span);
        IF hidden > 0 THEN
            masked := overlay(masked PLACING repeat('•', hidden) FROM lower(span) + 1 FOR hidden);
        END IF;
    END LOOP;
    RETURN masked;
END $$;

-- Texts as those read them who must not see personal data; the patterns alone where the active lineage has not been.
CREATE VIEW masked_revision AS
SELECT r.revision_id, r.feedback_id, r.state, r.rating_1_5,
       lists.mask(r.title, ARRAY(
           SELECT int4range(s.span_start, s.span_end) FROM personal_span s
           JOIN lineage l ON l.lineage_id = s.lineage_id AND l.state = 'active'
           WHERE s.revision_id = r.revision_id AND s.field = 'title')) AS title,
       lists.mask(r.text, ARRAY(
           SELECT int4range(s.span_start, s.span_end) FROM personal_span s
           JOIN lineage l ON l.lineage_id = s.lineage_id AND l.state = 'active'
           WHERE s.revision_id = r.revision_id AND s.field = 'text')) AS text
FROM revision r;

CREATE OR REPLACE VIEW lists.advocate_reasons WITH (security_barrier) AS
SELECT 'P' || x.person_id AS person_id, x.rank, x.kind, x.weight,
       lists.quote(CASE x.field WHEN 'title' THEN r.title ELSE r.text END, x.quote_start, x.quote_end, r.state) AS quote,
       'F' || r.feedback_id AS feedback_id, f.url, f.product, f.source, f.created_at
FROM advocate_reason x
JOIN advocate v ON v.person_id = x.person_id AND v.listed
JOIN masked_revision r ON r.revision_id = x.revision_id
JOIN feedback f ON f.feedback_id = r.feedback_id;
COMMENT ON COLUMN lists.advocate_reasons.quote IS 'The words that prove it, personal data masked; null where the reason is a number.';

CREATE OR REPLACE VIEW lists.defects WITH (security_barrier) AS
SELECT 'D' || d.defect_id AS defect_id, d.product, p.name AS product_name, g.component_name AS component, d.defect,
       g.persons, g.persons_exposed, g.mentions, g.reviews_of_product, g.rate, g.rate_low, g.rate_high, g.signal,
       g.first_seen, g.last_seen, g.evidence_needed,
       lists.quote(CASE x.field WHEN 'title' THEN r.title ELSE r.text END, x.fix_start, x.fix_end, r.state) AS fix_quote,
       'F' || r.feedback_id AS fix_feedback_id, g.decided_at
FROM defect d
JOIN defect_figure g USING (defect_id)
JOIN product p ON p.product = d.product
LEFT JOIN fix x ON x.fix_id = g.fix_id
LEFT JOIN masked_revision r ON r.revision_id = x.revision_id;

CREATE OR REPLACE VIEW lists.defect_quotes WITH (security_barrier) AS
SELECT 'D' || q.defect_id AS defect_id, q.rank,
       lists.quote(CASE m.field WHEN 'title' THEN r.title ELSE r.text END, m.evidence_start, m.evidence_end, r.state) AS text,
       'F' || r.feedback_id AS feedback_id, f.url, m.field, m.evidence_start, m.evidence_end, f.source, f.created_at,
       r.rating_1_5 AS rating, f.verified_purchase
FROM defect_quote q
JOIN mention m USING (mention_id)
JOIN masked_revision r ON r.revision_id = m.revision_id
JOIN feedback f ON f.feedback_id = r.feedback_id;

REVOKE ALL ON FUNCTION lists.mask(text, int4range[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lists.mask(text, int4range[])
    TO kundenecho_marketing, kundenecho_product, kundenecho_support, kundenecho_operations, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON personal_span TO kundenecho_pipeline;
GRANT SELECT ON masked_revision TO kundenecho_pipeline;
