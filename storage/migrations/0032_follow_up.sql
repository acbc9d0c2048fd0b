-- The follow-up closes: requests and remedies by what the lists tell of them, key figures over everything that was sent.

SET LOCAL search_path = kundenecho;

ALTER TABLE case_file DROP CONSTRAINT case_file_outcome_check;
ALTER TABLE case_file ADD CONSTRAINT case_file_outcome_check
    CHECK (outcome IN ('solved', 'answered', 'recovered', 'unfounded', 'gone', 'nothing_to_do', 'sent', 'told', 'granted'));
COMMENT ON COLUMN lists.cases.outcome IS 'How it ended: solved, answered, recovered, unfounded, gone, sent, told, granted, nothing_to_do; null unless closed.';

-- Keys by which the company's lists name an account: customer numbers, and addresses that belong to nobody else.
CREATE VIEW author_subject AS
SELECT author_id, customer_key::text AS subject_key FROM author_customer
UNION
SELECT author_id, key::text FROM author_identifier WHERE kind IN ('customer', 'email')
UNION
SELECT ac.author_id, c.email_key::text FROM author_customer ac
JOIN customer c ON c.customer_key = ac.customer_key AND c.known_until IS NULL
WHERE c.email_key IS NOT NULL AND NOT EXISTS (
    SELECT FROM customer o WHERE o.email_key = c.email_key AND o.known_until IS NULL AND o.customer_key <> c.customer_key);

-- As before, and which offer it was.
CREATE OR REPLACE VIEW offer_contact AS
SELECT e.customer_key, e.happened_on, e.channel, e.event_id, e.article FROM offer_event e
WHERE e.act = 'made' AND NOT EXISTS (
    SELECT FROM offer_event t WHERE t.customer_key = e.customer_key AND t.article = e.article
    AND t.act = 'taken_back' AND t.event_id > e.event_id);

-- What was noted here, as before; and of each act what it was, about which product and case, and whether it is known to
-- have arrived. One act may stand under several customers of one person.
CREATE OR REPLACE VIEW own_contact AS
SELECT t.customer_key::text AS subject_key, t.told_on AS contacted_on, t.channel,
       'remedy ' || t.remedy_id || ' ' || t.channel || ' ' || t.customer_key AS act, y.product, NULL::bigint AS case_id,
       t.told_on::timestamptz AS at, true AS arrived
FROM remedy_told t LEFT JOIN remedy y USING (remedy_id)
UNION ALL
SELECT c.customer_key::text, e.happened_at::date, '', 'answer ' || e.event_id, c.product, c.case_id, e.happened_at, true
FROM case_file c JOIN case_event e USING (case_id)
WHERE e.act = 'answer' AND c.customer_key IS NOT NULL
UNION ALL
SELECT c.email_key::text, e.happened_at::date, '', 'answer ' || e.event_id, c.product, c.case_id, e.happened_at, true
FROM case_file c JOIN case_event e USING (case_id)
WHERE e.act = 'answer' AND c.customer_key IS NULL AND c.email_key IS NOT NULL
UNION ALL
SELECT ac.customer_key::text, e.happened_at::date, '', 'answer ' || e.event_id, c.product, c.case_id, e.happened_at, true
FROM author_customer ac JOIN author mine USING (author_id) JOIN author a USING (person_id)
JOIN feedback f ON f.author_id = a.author_id JOIN case_file c USING (feedback_id) JOIN case_event e USING (case_id)
WHERE e.act = 'answer'
UNION ALL
SELECT o.customer_key::text, o.happened_on, o.channel, 'offer ' || o.event_id, o.article, NULL, o.happened_on::timestamptz, true
FROM offer_contact o
UNION ALL
SELECT d.customer_key::text, d.begun_at::date, 'email', 'message ' || d.delivery_id, c.product, d.case_id, d.begun_at,
       d.outcome = 'delivered'
FROM message_delivery d LEFT JOIN case_file c USING (case_id) WHERE d.outcome <> 'failed';

-- Every contact with customers that the lists know, once: what the company's list tells, and what was noted here and
-- arrived, unless the list has it too for that day and channel. The budget of contacts counts the same, customer by
-- customer, and what may have arrived as well. Subjects are those of order_of.
CREATE VIEW outreach AS
WITH listed AS (
    SELECT subject_key::text AS key, contacted_on, channel FROM contact WHERE known_until IS NULL
    UNION
    SELECT email_key::text, contacted_on, channel FROM contact WHERE known_until IS NULL AND email_key IS NOT NULL
), own AS (
    SELECT o.*, coalesce(m.customer_key::text, o.subject_key) AS subject
    FROM own_contact o LEFT JOIN customer_by_email m ON m.email_key = o.subject_key WHERE o.arrived
), own_key AS (
    SELECT act, subject_key AS key, contacted_on, channel FROM own
    UNION
    SELECT o.act, c.email_key::text, o.contacted_on, o.channel FROM own o
    JOIN customer c ON c.customer_key = o.subject_key AND c.known_until IS NULL AND c.email_key IS NOT NULL
    UNION
    SELECT o.act, c.customer_key::text, o.contacted_on, o.channel FROM own o
    JOIN customer c ON c.email_key = o.subject_key AND c.known_until IS NULL
), twice AS (
    SELECT o.act FROM own_key o JOIN listed l USING (key, contacted_on)
    WHERE l.channel = o.channel OR '' IN (l.channel, o.channel)
)
SELECT 'listed' AS kind, ARRAY[k.subject::text] AS subjects, NULL::text AS product, k.channel, NULL::bigint AS case_id,
       k.contacted_on, k.contacted_on::timestamptz AS at
FROM contact_of k
UNION ALL
SELECT split_part(o.act, ' ', 1), array_agg(DISTINCT o.subject), min(o.product), nullif(min(o.channel), ''),
       min(o.case_id), min(o.contacted_on), min(o.at)
FROM own o WHERE NOT EXISTS (SELECT FROM twice WHERE twice.act = o.act) GROUP BY o.act;

CREATE OR REPLACE VIEW lists.kpi_conversion WITH (security_barrier) AS
WITH ripe AS MATERIALIZED (
    SELECT row_number() OVER () AS n, o.* FROM outreach o WHERE o.contacted_on <= current_date - 30
), bought AS (
    SELECT DISTINCT r.n FROM (SELECT n, contacted_on, unnest(subjects) AS subject FROM ripe) r JOIN order_of o USING (subject)
    WHERE o.ordered_on > r.contacted_on AND o.ordered_on <= r.contacted_on + 30
)
SELECT cell.week, cell.channel, count(*)::int AS contacts, count(b.n)::int AS converted,
       count(b.n)::double precision / count(*) AS share,
       lists.wilson(count(b.n), count(*), false) AS share_low, lists.wilson(count(b.n), count(*), true) AS share_high
FROM ripe LEFT JOIN bought b USING (n)
CROSS JOIN LATERAL lists.cells(date_trunc('week', ripe.contacted_on)::date, NULL, ripe.channel) AS cell
GROUP BY cell.week, cell.channel;
COMMENT ON VIEW lists.kpi_conversion IS 'Conversion of contacts: share of the contacts after which the same customer ordered something on one of the next 30 days. Contacts are those of the company''s list, and the messages delivered, answers to cases, remedies told and offers made that were noted here, each once. Contacts of the last 30 days are left out, since theirs are not over. Whether the contact was the reason nobody knows.';
COMMENT ON COLUMN lists.kpi_conversion.channel IS 'Channel of the contacts; null for all. An answer to a case has none.';

-- Everything by which we turned to somebody: contacts, and of the answers to cases those that are none: public replies,
-- and answers to people whom no list knows. Answers at an unknown time say nothing.
CREATE VIEW turned_to AS
SELECT o.subjects, NULL::bigint AS person_id, o.product, coalesce(o.channel, c.channel) AS channel, o.contacted_on, o.at
FROM outreach o LEFT JOIN case_file c USING (case_id)
UNION ALL
SELECT '{}', a.person_id, c.product, c.channel, e.happened_at::date, e.happened_at
FROM case_event e JOIN case_file c USING (case_id) JOIN feedback f USING (feedback_id) JOIN author a USING (author_id)
WHERE (e.act = 'answered_at_source' AND c.answer_dated)
   OR (e.act = 'answer' AND NOT EXISTS (SELECT FROM own_contact o WHERE o.act = 'answer ' || e.event_id));

CREATE OR REPLACE VIEW lists.kpi_actions WITH (security_barrier) AS
WITH ripe AS MATERIALIZED (
    SELECT row_number() OVER () AS n, t.* FROM turned_to t WHERE t.at <= now() - interval '30 days'
), subject AS (
    SELECT n, unnest(subjects) AS subject FROM ripe
), who AS (
    SELECT n, person_id FROM ripe WHERE person_id IS NOT NULL
    UNION
    SELECT s.n, a.person_id FROM subject s JOIN author_subject k ON k.subject_key = s.subject JOIN author a USING (author_id)
    WHERE a.person_id IS NOT NULL
), ordering AS (
    SELECT n, subject FROM subject
    UNION
    SELECT r.n, k.subject_key FROM ripe r JOIN author a USING (person_id) JOIN author_subject k USING (author_id)
), ordered AS (
    SELECT r.n, count(DISTINCT o.order_key) AS actions
    FROM ripe r JOIN ordering s USING (n) JOIN order_of o ON o.subject = s.subject
    WHERE o.ordered_on > r.contacted_on AND o.ordered_on <= r.contacted_on + 30 GROUP BY r.n
), said AS (
    SELECT r.n, count(DISTINCT f.feedback_id) AS actions
    FROM ripe r JOIN who w USING (n) JOIN author a ON a.person_id = w.person_id JOIN feedback f USING (author_id)
    WHERE f.created_at > r.at AND f.created_at <= r.at + interval '30 days' GROUP BY r.n
)
SELECT cell.week, cell.product, cell.channel, count(*)::int AS engagements,
       sum(coalesce(o.actions, 0) + coalesce(s.actions, 0))::int AS actions,
       sum(coalesce(o.actions, 0) + coalesce(s.actions, 0))::double precision / count(*) AS per_engagement
FROM ripe LEFT JOIN ordered o USING (n) LEFT JOIN said s USING (n)
CROSS JOIN LATERAL lists.cells(lists.monday(ripe.at), ripe.product, ripe.channel) AS cell
GROUP BY cell.week, cell.product, cell.channel;
COMMENT ON VIEW lists.kpi_actions IS 'Actions per engagement: orders and further feedback of the same customer in the 30 days after we turned to somebody, per such engagement. Engagements are the contacts of lists.kpi_conversion, and the answers to cases that are none of them: public replies at the source, and answers to people whom no list knows. Engagements of the last 30 days are left out.';
COMMENT ON COLUMN lists.kpi_actions.product IS 'Product of the case, of the remedy, or the one that was offered; null for all. Contacts of the list have none.';
COMMENT ON COLUMN lists.kpi_actions.channel IS 'Channel of the contact, source of the case where an answer has none; null for all.';
COMMENT ON COLUMN lists.kpi_actions.engagements IS 'Contacts and answers that are at least 30 days old, each once.';
DROP VIEW engagement;

GRANT SELECT ON author_subject, outreach, turned_to TO kundenecho_pipeline;
