-- What people read: one schema, one view per list, each role its own views and nothing else.

CREATE SCHEMA lists;
SET LOCAL search_path = kundenecho;

-- Same length in, same length out, so that offsets hold.
CREATE FUNCTION lists.mask(body text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    pattern text;
    hit     text;
    masked  text := body;
BEGIN
    IF body IS NULL THEN
        RETURN NULL;
    END IF;
    FOREACH pattern IN ARRAY ARRAY[
        '[[:alnum:]._%+-]+@[[:alnum:].-]+\.[[:alpha:]]{2,}',                          -- e-mail address
        '\m[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]{4}){3,7}(?: ?[0-9A-Z]{1,3})?\M',             -- IBAN
        '(?:\+|\m00)[0-9][0-9 ()/.-]{6,}[0-9]',                                       -- telephone, international
        '\m0[0-9]{1,5}[ /.-]{0,3}[0-9][0-9 /.-]{3,}[0-9]',                            -- telephone, national
        '\m(?:[A-Z]{1,4}-?)?[0-9]{6,}\M',                                             -- customer and order numbers
        '\m(?:Herrn?|Frau|Familie|Fr\.|Hr\.)\s+(?:Dr\.\s+|Prof\.\s+)*[[:upper:]][[:alpha:]''-]+(?:\s+[[:upper:]][[:alpha:]''-]+)?'
    ] LOOP
        FOR hit IN SELECT DISTINCT m[1] FROM regexp_matches(masked, '(' || pattern || ')', 'g') AS m LOOP
            masked := replace(masked, hit, repeat('•', length(hit)));
        END LOOP;
    END LOOP;
    RETURN masked;
END $$;

-- The server sorts by code point; lists of names sort by this.
CREATE FUNCTION lists.sort_key(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(replace(lower(name), 'ß', 'ss'), 'äöüéèáàç', 'aoueeaac')
$$;

-- A stretch of a field, or why it cannot be shown.
CREATE FUNCTION lists.quote(body text, first integer, behind integer, state text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN first IS NULL THEN NULL
                WHEN body IS NULL OR state = 'deleted' THEN 'Zitat nicht mehr verfügbar'
                ELSE substr(body, first + 1, behind - first) END
$$;

CREATE VIEW lists.advocates WITH (security_barrier) AS
SELECT 'P' || v.person_id AS person_id,
       (SELECT n.display_name FROM author a JOIN author_name n USING (author_id)
        WHERE a.person_id = v.person_id ORDER BY length(n.display_name) DESC, n.display_name LIMIT 1) AS display_name,
       v.score, v.stage, v.contactable, v.contactable_reason, v.sources, v.last_seen, v.decided_at
FROM advocate v WHERE v.listed;
COMMENT ON VIEW lists.advocates IS 'Persons who speak for us, decided from what they said; only those that stand on the list.';
COMMENT ON COLUMN lists.advocates.person_id IS 'P and a number; kundenecho why shows what it stands on.';
COMMENT ON COLUMN lists.advocates.display_name IS 'Public display name on a portal, the longest where there are several; null where none was given.';
COMMENT ON COLUMN lists.advocates.score IS 'Sum of the reasons, 0 to 100.';
COMMENT ON COLUMN lists.advocates.stage IS 'Stage of the loyalty loop: buy, enjoy, bond, advocate, at_risk, lost, recovered.';
COMMENT ON COLUMN lists.advocates.contactable IS 'yes, no, or reply_only (a public reply on the portal).';
COMMENT ON COLUMN lists.advocates.contactable_reason IS 'Why, in German.';
COMMENT ON COLUMN lists.advocates.sources IS 'Sources in which the person spoke.';
COMMENT ON COLUMN lists.advocates.last_seen IS 'Newest dated feedback; null without dates.';
COMMENT ON COLUMN lists.advocates.decided_at IS 'When the score was computed.';

CREATE VIEW lists.advocate_reasons WITH (security_barrier) AS
SELECT 'P' || x.person_id AS person_id, x.rank, x.kind, x.weight,
       lists.quote(CASE x.field WHEN 'title' THEN r.title ELSE r.text END, x.quote_start, x.quote_end, r.state) AS quote,
       'F' || r.feedback_id AS feedback_id, f.url, f.product, f.source, f.created_at
FROM advocate_reason x
JOIN advocate v ON v.person_id = x.person_id AND v.listed
JOIN revision r ON r.revision_id = x.revision_id
JOIN feedback f ON f.feedback_id = r.feedback_id;
COMMENT ON VIEW lists.advocate_reasons IS 'The reasons behind each score, each with its quote.';
COMMENT ON COLUMN lists.advocate_reasons.person_id IS 'Person of lists.advocates.';
COMMENT ON COLUMN lists.advocate_reasons.rank IS 'Order of the reasons, the weightiest first.';
COMMENT ON COLUMN lists.advocate_reasons.kind IS 'Kind of reason, see docs/advocates.md.';
COMMENT ON COLUMN lists.advocate_reasons.weight IS 'Points for (positive) or against (negative).';
COMMENT ON COLUMN lists.advocate_reasons.quote IS 'The words that prove it; null where the reason is a number.';
COMMENT ON COLUMN lists.advocate_reasons.feedback_id IS 'F and a number: the feedback it comes from.';
COMMENT ON COLUMN lists.advocate_reasons.url IS 'Address of the feedback at its source, where there is one.';
COMMENT ON COLUMN lists.advocate_reasons.product IS 'Product that was spoken of, where there is one.';
COMMENT ON COLUMN lists.advocate_reasons.source IS 'Source of the feedback.';
COMMENT ON COLUMN lists.advocate_reasons.created_at IS 'Time of the feedback; null without a date.';

CREATE VIEW lists.defects WITH (security_barrier) AS
SELECT 'D' || d.defect_id AS defect_id, d.product, p.name AS product_name, g.component_name AS component, d.defect,
       g.persons, g.persons_exposed, g.mentions, g.reviews_of_product, g.rate, g.rate_low, g.rate_high, g.signal,
       g.first_seen, g.last_seen, g.evidence_needed,
       lists.quote(lists.mask(CASE x.field WHEN 'title' THEN r.title ELSE r.text END), x.fix_start, x.fix_end, r.state)
           AS fix_quote,
       'F' || r.feedback_id AS fix_feedback_id, g.decided_at
FROM defect d
JOIN defect_figure g USING (defect_id)
JOIN product p ON p.product = d.product
LEFT JOIN fix x ON x.fix_id = g.fix_id
LEFT JOIN revision r ON r.revision_id = x.revision_id;
COMMENT ON VIEW lists.defects IS 'Recurring defects: product, component and type, counted in persons.';
COMMENT ON COLUMN lists.defects.defect_id IS 'D and a number that stays while the figures change.';
COMMENT ON COLUMN lists.defects.product IS 'Product identifier of the source.';
COMMENT ON COLUMN lists.defects.product_name IS 'Name of the product.';
COMMENT ON COLUMN lists.defects.component IS 'The smallest part named; null for the whole product.';
COMMENT ON COLUMN lists.defects.defect IS 'Type of defect, see docs/understanding.md.';
COMMENT ON COLUMN lists.defects.persons IS 'Distinct persons who named the defect; copies of one text count once.';
COMMENT ON COLUMN lists.defects.persons_exposed IS 'Distinct persons who spoke of the product.';
COMMENT ON COLUMN lists.defects.mentions IS 'Mentions of the defect.';
COMMENT ON COLUMN lists.defects.reviews_of_product IS 'Feedback about the product, stars without a text included.';
COMMENT ON COLUMN lists.defects.rate IS 'persons over persons_exposed, 0 to 1.';
COMMENT ON COLUMN lists.defects.rate_low IS 'Lower end of the 95 % Jeffreys interval of the rate.';
COMMENT ON COLUMN lists.defects.rate_high IS 'Upper end of the 95 % Jeffreys interval of the rate.';
COMMENT ON COLUMN lists.defects.signal IS 'new, rising, steady, falling, too_little_data or undated.';
COMMENT ON COLUMN lists.defects.first_seen IS 'Oldest dated mention; null without dates.';
COMMENT ON COLUMN lists.defects.last_seen IS 'Newest dated mention; null without dates.';
COMMENT ON COLUMN lists.defects.evidence_needed IS 'Persons still missing for a verdict; 0 when there is one.';
COMMENT ON COLUMN lists.defects.fix_quote IS 'What a customer says helped, masked; null where nobody does.';
COMMENT ON COLUMN lists.defects.fix_feedback_id IS 'Feedback that tells the fix.';
COMMENT ON COLUMN lists.defects.decided_at IS 'When the figures were computed.';

CREATE VIEW lists.defect_quotes WITH (security_barrier) AS
SELECT 'D' || q.defect_id AS defect_id, q.rank,
       lists.quote(lists.mask(CASE m.field WHEN 'title' THEN r.title ELSE r.text END), m.evidence_start,
                   m.evidence_end, r.state) AS text,
       'F' || r.feedback_id AS feedback_id, f.url, m.field, m.evidence_start, m.evidence_end, f.source, f.created_at,
       r.rating_1_5 AS rating, f.verified_purchase
FROM defect_quote q
JOIN mention m USING (mention_id)
JOIN revision r ON r.revision_id = m.revision_id
JOIN feedback f ON f.feedback_id = r.feedback_id;
COMMENT ON VIEW lists.defect_quotes IS 'Up to five quotes for each defect, of different persons, personal data masked.';
COMMENT ON COLUMN lists.defect_quotes.defect_id IS 'Defect of lists.defects.';
COMMENT ON COLUMN lists.defect_quotes.rank IS 'Order of the quotes, the surest first.';
COMMENT ON COLUMN lists.defect_quotes.text IS 'The clause that tells the defect, masked.';
COMMENT ON COLUMN lists.defect_quotes.feedback_id IS 'F and a number: the feedback it comes from.';
COMMENT ON COLUMN lists.defect_quotes.url IS 'Address of the feedback at its source, where there is one.';
COMMENT ON COLUMN lists.defect_quotes.field IS 'text or title.';
COMMENT ON COLUMN lists.defect_quotes.evidence_start IS 'Offset of the first character in the field.';
COMMENT ON COLUMN lists.defect_quotes.evidence_end IS 'Offset behind the last character in the field.';
COMMENT ON COLUMN lists.defect_quotes.source IS 'Source of the feedback.';
COMMENT ON COLUMN lists.defect_quotes.created_at IS 'Time of the feedback; null without a date.';
COMMENT ON COLUMN lists.defect_quotes.rating IS 'Stars, 1 to 5; null without.';
COMMENT ON COLUMN lists.defect_quotes.verified_purchase IS 'yes, no or unknown, as the source says.';

CREATE VIEW lists.complaints WITH (security_barrier) AS
SELECT 'F' || c.feedback_id AS feedback_id, n.display_name, c.source, c.product, c.rating_1_5 AS rating, c.nps_0_10 AS nps,
       c.title, c.text, c.url, c.created_at,
       EXISTS (SELECT FROM reply y WHERE y.feedback_id = c.feedback_id AND y.reply IS NOT NULL) AS replied
FROM current_feedback c
LEFT JOIN author_name n USING (author_id)
LEFT JOIN lineage l ON l.state = 'active'
LEFT JOIN analysis a ON a.revision_id = c.revision_id AND a.lineage_id = l.lineage_id
WHERE c.state = 'published' AND (c.rating_1_5 <= 2.5 OR c.nps_0_10 <= 6 OR (a.sentiment = 'negative' AND NOT a.abstained));
COMMENT ON VIEW lists.complaints IS 'Unhappy feedback, for those who answer it.';
COMMENT ON COLUMN lists.complaints.feedback_id IS 'F and a number.';
COMMENT ON COLUMN lists.complaints.display_name IS 'Public display name; null where none was given.';
COMMENT ON COLUMN lists.complaints.source IS 'Source of the feedback.';
COMMENT ON COLUMN lists.complaints.product IS 'Product, where there is one.';
COMMENT ON COLUMN lists.complaints.rating IS 'Stars, 1 to 5; null without.';
COMMENT ON COLUMN lists.complaints.nps IS 'Answer to the recommendation question, 0 to 10; null without.';
COMMENT ON COLUMN lists.complaints.title IS 'Title, as written.';
COMMENT ON COLUMN lists.complaints.text IS 'Text, as written: whoever answers must see it whole.';
COMMENT ON COLUMN lists.complaints.url IS 'Address at the source, where there is one.';
COMMENT ON COLUMN lists.complaints.created_at IS 'Time of the feedback; null without a date.';
COMMENT ON COLUMN lists.complaints.replied IS 'Whether the company has replied at the source.';

CREATE VIEW lists.runs WITH (security_barrier) AS
SELECT run_id, step, source, account, started_at, finished_at, outcome, counts, error FROM run;
COMMENT ON VIEW lists.runs IS 'Every executed step, good or bad.';
COMMENT ON COLUMN lists.runs.run_id IS 'Number of the run.';
COMMENT ON COLUMN lists.runs.step IS 'collect, import, analyse, decide, report or retain.';
COMMENT ON COLUMN lists.runs.source IS 'Source, for steps that work on one.';
COMMENT ON COLUMN lists.runs.account IS 'Account of the source.';
COMMENT ON COLUMN lists.runs.started_at IS 'When it began.';
COMMENT ON COLUMN lists.runs.finished_at IS 'When it ended; null while it runs.';
COMMENT ON COLUMN lists.runs.outcome IS 'running, done or failed.';
COMMENT ON COLUMN lists.runs.counts IS 'What it did, as JSON.';
COMMENT ON COLUMN lists.runs.error IS 'Why it failed; holds no personal data.';

CREATE VIEW lists.freshness WITH (security_barrier) AS
SELECT source, account, max(finished_at) FILTER (WHERE outcome = 'done') AS last_good,
       max(started_at) AS last_run, (count(*) FILTER (WHERE outcome = 'failed' AND started_at > now() - interval '7 days'))::int AS failed_in_week
FROM run WHERE step = 'collect' GROUP BY source, account;
COMMENT ON VIEW lists.freshness IS 'When each source last gave something.';
COMMENT ON COLUMN lists.freshness.source IS 'Source.';
COMMENT ON COLUMN lists.freshness.account IS 'Account of the source.';
COMMENT ON COLUMN lists.freshness.last_good IS 'End of the last good collect; null for never.';
COMMENT ON COLUMN lists.freshness.last_run IS 'Start of the last collect, good or bad.';
COMMENT ON COLUMN lists.freshness.failed_in_week IS 'Failed collects of the last seven days.';

CREATE VIEW lists.rejections WITH (security_barrier) AS
SELECT run_id, source, account, place, reason, rejected_at FROM rejected;
COMMENT ON VIEW lists.rejections IS 'Rows that were refused, with the reason; without their content.';
COMMENT ON COLUMN lists.rejections.run_id IS 'Run of lists.runs.';
COMMENT ON COLUMN lists.rejections.source IS 'Source.';
COMMENT ON COLUMN lists.rejections.account IS 'Account of the source.';
COMMENT ON COLUMN lists.rejections.place IS 'File and row, or page.';
COMMENT ON COLUMN lists.rejections.reason IS 'Why the row was refused.';
COMMENT ON COLUMN lists.rejections.rejected_at IS 'When.';

-- Rights. Everything is closed first, then opened view by view.
REVOKE ALL ON SCHEMA kundenecho, lists FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA kundenecho, lists FROM PUBLIC;
DO $$
BEGIN
    REVOKE EXECUTE ON FUNCTION lo_create(oid), lo_creat(integer), lo_from_bytea(oid, bytea) FROM PUBLIC;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'large objects stay open to every role of this database; an administrator may revoke lo_create';
END $$;
DO $$
BEGIN
    EXECUTE format('REVOKE TEMPORARY, CREATE ON DATABASE %I FROM PUBLIC', current_database());
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'the database''s owner should run: REVOKE TEMPORARY, CREATE ON DATABASE % FROM PUBLIC', current_database();
END $$;
DO $$
BEGIN
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO kundenecho_pipeline', current_database());
END $$;

GRANT USAGE ON SCHEMA lists TO kundenecho_marketing, kundenecho_product, kundenecho_support, kundenecho_operations, kundenecho_pipeline;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA lists TO kundenecho_marketing, kundenecho_product, kundenecho_support, kundenecho_operations, kundenecho_pipeline;
GRANT SELECT ON lists.advocates, lists.advocate_reasons TO kundenecho_marketing, kundenecho_support;
GRANT SELECT ON lists.defects, lists.defect_quotes TO kundenecho_product, kundenecho_support;
GRANT SELECT ON lists.complaints TO kundenecho_support;
GRANT SELECT ON lists.runs, lists.freshness, lists.rejections TO kundenecho_operations;

-- The pipeline writes rows and never changes tables.
GRANT USAGE ON SCHEMA kundenecho TO kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA kundenecho TO kundenecho_pipeline;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA kundenecho TO kundenecho_pipeline;
REVOKE INSERT, UPDATE, DELETE ON schema_migration FROM kundenecho_pipeline;
GRANT SELECT ON ALL TABLES IN SCHEMA lists TO kundenecho_pipeline;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA kundenecho TO kundenecho_pipeline;
