-- Routine messages: texts that people approve, and what was sent by rule to whom; each counts as a contact.

SET LOCAL search_path = kundenecho;

CREATE TABLE message_text (
    message_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text NOT NULL CHECK (kind IN ('thanks', 'welcome', 'unsubscribe_confirmation')),
    subject    text NOT NULL CHECK (subject <> ''),
    body       text NOT NULL CHECK (body <> ''),
    state      text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'approved', 'withdrawn')),
    created_at timestamptz NOT NULL DEFAULT now()
);
-- What is sent to a kind of case is never in doubt.
CREATE UNIQUE INDEX message_text_approved ON message_text (kind) WHERE state = 'approved';

-- Who did what, oldest first; wording is what stood there when it was drafted, edited or approved.
CREATE TABLE message_event (
    event_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id bigint NOT NULL REFERENCES message_text ON DELETE CASCADE,
    action     text NOT NULL CHECK (action IN ('draft', 'edit', 'approve', 'revise', 'withdraw', 'reopen')),
    state      text NOT NULL,
    done_by    text NOT NULL CHECK (done_by <> ''),
    done_at    timestamptz NOT NULL DEFAULT now(),
    wording    jsonb
);
CREATE INDEX message_event_message ON message_event (message_id);

-- One row an attempt. It is there before anything is sent; one that a crash or a broken connection cut off may have
-- arrived ('unknown') and is never repeated.
CREATE TABLE message_delivery (
    delivery_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id   bigint NOT NULL REFERENCES message_text,
    case_id      bigint REFERENCES case_file ON DELETE SET NULL,
    kind         text NOT NULL,
    customer_key keyed NOT NULL,
    email_key    keyed NOT NULL,
    outcome      text NOT NULL DEFAULT 'sending' CHECK (outcome IN ('sending', 'delivered', 'failed', 'unknown')),
    final        boolean NOT NULL DEFAULT false,  -- a failed one that is not tried again
    detail       text,
    reason       text NOT NULL,
    legal_basis  text NOT NULL,
    begun_at     timestamptz NOT NULL DEFAULT now(),
    ended_at     timestamptz,
    CHECK ((outcome = 'sending') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX message_delivery_once ON message_delivery (case_id) WHERE outcome <> 'failed';
CREATE INDEX message_delivery_case ON message_delivery (case_id);
CREATE INDEX message_delivery_customer ON message_delivery (customer_key);
CREATE INDEX message_delivery_email ON message_delivery (email_key, kind);
CREATE INDEX message_delivery_text ON message_delivery (message_id);

ALTER TABLE case_file DROP CONSTRAINT case_file_outcome_check;
ALTER TABLE case_file ADD CONSTRAINT case_file_outcome_check
    CHECK (outcome IN ('solved', 'answered', 'recovered', 'unfounded', 'gone', 'nothing_to_do', 'sent'));
COMMENT ON COLUMN lists.cases.outcome IS 'How it ended: solved, answered, recovered, unfounded, gone, sent, nothing_to_do; null unless closed.';

-- The customers that a case is about.
CREATE VIEW customer_of_case AS
SELECT c.case_id, c.customer_key::text AS customer_key FROM case_file c WHERE c.customer_key IS NOT NULL
UNION
SELECT c.case_id, k.customer_key FROM case_file c JOIN customer k ON k.email_key = c.email_key AND k.known_until IS NULL
WHERE c.customer_key IS NULL
UNION
SELECT c.case_id, ac.customer_key FROM case_file c JOIN feedback f USING (feedback_id) JOIN author mine USING (author_id)
JOIN author a ON a.person_id = mine.person_id OR a.author_id = mine.author_id
JOIN author_customer ac ON ac.author_id = a.author_id;

-- What was sent counts for the budget; what may have arrived does, too.
CREATE OR REPLACE VIEW own_contact AS
SELECT t.customer_key::text AS subject_key, t.told_on AS contacted_on, t.channel FROM remedy_told t
UNION ALL
SELECT c.customer_key::text, e.happened_at::date, '' FROM case_file c JOIN case_event e USING (case_id)
WHERE e.act = 'answer' AND c.customer_key IS NOT NULL
UNION ALL
SELECT c.email_key::text, e.happened_at::date, '' FROM case_file c JOIN case_event e USING (case_id)
WHERE e.act = 'answer' AND c.customer_key IS NULL AND c.email_key IS NOT NULL
UNION ALL
SELECT ac.customer_key::text, e.happened_at::date, ''
FROM author_customer ac JOIN author mine USING (author_id) JOIN author a USING (person_id)
JOIN feedback f ON f.author_id = a.author_id JOIN case_file c USING (feedback_id) JOIN case_event e USING (case_id)
WHERE e.act = 'answer'
UNION ALL
SELECT o.customer_key::text, o.happened_on, o.channel FROM offer_contact o
UNION ALL
SELECT d.customer_key::text, d.begun_at::date, 'email' FROM message_delivery d WHERE d.outcome <> 'failed';

CREATE VIEW lists.messages WITH (security_barrier) AS
SELECT 'M' || t.message_id AS message_id, t.kind, t.subject, t.body, t.state,
       (SELECT e.done_by FROM message_event e WHERE e.message_id = t.message_id ORDER BY e.event_id LIMIT 1) AS author,
       t.created_at, o.done_by AS approved_by, o.done_at AS approved_at,
       (SELECT count(*) FROM message_delivery d WHERE d.message_id = t.message_id AND d.outcome = 'delivered')::int AS sent,
       (SELECT count(*) FROM message_delivery d WHERE d.message_id = t.message_id
        AND (d.final OR d.outcome = 'unknown'))::int AS not_sent
FROM message_text t
LEFT JOIN LATERAL (
    SELECT e.done_by, e.done_at FROM message_event e
    WHERE e.message_id = t.message_id AND e.action = 'approve' AND t.state = 'approved'
    ORDER BY e.event_id DESC LIMIT 1
) o ON true;
COMMENT ON VIEW lists.messages IS 'Texts of routine messages, and how often each was sent.';
COMMENT ON COLUMN lists.messages.message_id IS 'M and a number.';
COMMENT ON COLUMN lists.messages.kind IS 'Kind of case that it answers: thanks, welcome or unsubscribe_confirmation.';
COMMENT ON COLUMN lists.messages.subject IS 'Subject of the e-mail.';
COMMENT ON COLUMN lists.messages.body IS 'Its text; {firma} and {service} are filled in, and how to object is added.';
COMMENT ON COLUMN lists.messages.state IS 'draft, approved or withdrawn; only the approved one of a kind is sent.';
COMMENT ON COLUMN lists.messages.author IS 'Who drafted it.';
COMMENT ON COLUMN lists.messages.created_at IS 'When it was drafted.';
COMMENT ON COLUMN lists.messages.approved_by IS 'Who approved what stands there now; null unless approved.';
COMMENT ON COLUMN lists.messages.approved_at IS 'When.';
COMMENT ON COLUMN lists.messages.sent IS 'E-mails that a mail server took.';
COMMENT ON COLUMN lists.messages.not_sent IS 'E-mails that were refused for good, or of which nobody knows; their cases are left to people.';

CREATE VIEW lists.message_deliveries WITH (security_barrier) AS
SELECT delivery_id, 'M' || message_id AS message_id, 'V' || case_id AS case_id, kind, outcome, final, detail, reason, legal_basis, begun_at, ended_at,
       row_number() OVER (PARTITION BY case_id ORDER BY delivery_id)::int AS attempt
FROM message_delivery;
COMMENT ON VIEW lists.message_deliveries IS 'Receipts of the routine messages, one row an attempt; never an address or a customer.';
COMMENT ON COLUMN lists.message_deliveries.delivery_id IS 'Number of the attempt.';
COMMENT ON COLUMN lists.message_deliveries.message_id IS 'Text of lists.messages.';
COMMENT ON COLUMN lists.message_deliveries.case_id IS 'Case of lists.cases that it answers.';
COMMENT ON COLUMN lists.message_deliveries.kind IS 'thanks, welcome or unsubscribe_confirmation.';
COMMENT ON COLUMN lists.message_deliveries.outcome IS 'delivered, failed, unknown (may have arrived, is not repeated), or sending.';
COMMENT ON COLUMN lists.message_deliveries.final IS 'A failed one that is not tried again.';
COMMENT ON COLUMN lists.message_deliveries.detail IS 'What the mail server said, such as SMTP 550; null where it said nothing.';
COMMENT ON COLUMN lists.message_deliveries.reason IS 'Why the customer could be written to then, in German.';
COMMENT ON COLUMN lists.message_deliveries.legal_basis IS 'Paragraph that allowed it.';
COMMENT ON COLUMN lists.message_deliveries.begun_at IS 'When it was sent.';
COMMENT ON COLUMN lists.message_deliveries.ended_at IS 'When its outcome was known; null until then.';
COMMENT ON COLUMN lists.message_deliveries.attempt IS 'Attempts for this case until then, this one included.';

GRANT SELECT ON lists.messages TO kundenecho_marketing, kundenecho_support, kundenecho_pipeline;
GRANT SELECT ON lists.message_deliveries TO kundenecho_operations, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON message_text, message_event, message_delivery TO kundenecho_pipeline;
GRANT SELECT ON customer_of_case TO kundenecho_pipeline;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA kundenecho TO kundenecho_pipeline;
