-- The follow-up: one row per case, and what happened to it.

SET LOCAL search_path = kundenecho;

-- Opened by rule, once: for a feedback, which keeps its id over re-runs and changes of lineage, or for a row of the
-- company's own lists. What is erased takes its cases along.
CREATE TABLE case_file (
    case_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind            text NOT NULL CHECK (kind IN ('complaint', 'defect_report', 'question', 'thanks', 'testimonial_request',
                                                  'remedy_to_tell', 'welcome', 'unsubscribe_confirmation')),
    feedback_id     bigint REFERENCES feedback ON DELETE CASCADE,
    -- The revision that opened it: what a later one says may end it, another reading of the same one never does.
    revision_number integer,
    -- What of the lists opened it, from keyed values.
    origin          text,
    customer_key    keyed,
    email_key       keyed,
    product         text,
    channel         text NOT NULL,
    opened_at       timestamptz NOT NULL,
    due_at          timestamptz NOT NULL,
    team            text NOT NULL,
    owner           text NOT NULL,
    priority        smallint NOT NULL CHECK (priority BETWEEN 1 AND 4),
    value_eur       numeric(14, 2),
    valuable        boolean NOT NULL DEFAULT false,
    advocate        boolean NOT NULL DEFAULT false,
    state           text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'waiting', 'answered', 'closed')),
    outcome         text CHECK (outcome IN ('solved', 'answered', 'recovered', 'unfounded', 'gone', 'nothing_to_do')),
    answered_at     timestamptz,
    -- False for a reply without a time that stood there when the feedback was first seen.
    answer_dated    boolean NOT NULL DEFAULT true,
    closed_at       timestamptz,
    -- The later word that ended it; gone with its feedback, and then the case is opened again.
    recovered_by    bigint REFERENCES feedback ON DELETE SET NULL,
    escalated_at    timestamptz,
    -- When somebody was reached with it: that it is overdue, that a valuable customer or an advocate is unhappy.
    overdue_told_at timestamptz,
    unhappy_told_at timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CHECK ((feedback_id IS NULL) = (origin IS NOT NULL)),
    CHECK ((feedback_id IS NULL) = (revision_number IS NULL)),
    CHECK ((state = 'closed') = (outcome IS NOT NULL)),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CHECK (due_at > opened_at)
);
CREATE UNIQUE INDEX case_of_feedback ON case_file (feedback_id, kind, revision_number) WHERE feedback_id IS NOT NULL;
CREATE UNIQUE INDEX case_of_list ON case_file (kind, origin) WHERE origin IS NOT NULL;
CREATE INDEX case_at_work ON case_file (due_at) WHERE state <> 'closed';
CREATE INDEX case_customer ON case_file (customer_key) WHERE customer_key IS NOT NULL;
CREATE INDEX case_email ON case_file (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX case_recovered_by ON case_file (recovered_by) WHERE recovered_by IS NOT NULL;

-- Append-only. happened_at is when it happened, which for a reply is what the source tells; noted_at is when it was
-- written down. Notes may hold names: they are read by support alone.
CREATE TABLE case_event (
    event_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id     bigint NOT NULL REFERENCES case_file ON DELETE CASCADE,
    act         text NOT NULL,
    state       text NOT NULL,
    actor       text NOT NULL,
    detail      text,
    note        text,
    happened_at timestamptz NOT NULL,
    noted_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX case_event_case ON case_event (case_id, event_id);

CREATE FUNCTION case_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('kundenecho.purpose', true) = 'erase' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'events of cases are append-only: case %', OLD.case_id
        USING HINT = 'Write a further event; the erasure step deletes.';
END $$;
CREATE TRIGGER case_event_append_only BEFORE UPDATE OR DELETE ON case_event
    FOR EACH ROW EXECUTE FUNCTION case_event_is_append_only();

-- Deciding looks for cases among what is new only, whatever there was before.
CREATE INDEX feedback_created ON feedback (created_at);
CREATE INDEX revision_edited ON revision (collected_at) WHERE number > 1;
CREATE INDEX feedback_undated ON feedback (feedback_id) WHERE created_precision IN ('month', 'unknown');

CREATE VIEW lists.cases WITH (security_barrier) AS
SELECT 'V' || c.case_id AS case_id, c.kind, c.state, c.outcome, c.priority, c.valuable, c.advocate, c.team, c.owner,
       c.product, p.name AS product_name, c.channel, c.opened_at, c.due_at, c.answered_at, c.answer_dated, c.closed_at,
       c.state = 'open' AND c.due_at < now() AS overdue, c.escalated_at,
       'F' || c.feedback_id AS feedback_id, f.url, n.display_name, m.rating_1_5 AS rating, m.title, m.text
FROM case_file c
LEFT JOIN feedback f USING (feedback_id)
LEFT JOIN author_name n USING (author_id)
LEFT JOIN masked_revision m ON m.revision_id = f.current_revision_id
LEFT JOIN product p ON p.product = c.product;
COMMENT ON VIEW lists.cases IS 'Cases of the follow-up, open and closed ones.';
COMMENT ON COLUMN lists.cases.case_id IS 'V and a number.';
COMMENT ON COLUMN lists.cases.kind IS 'What it is about: complaint, defect_report, question, thanks, testimonial_request, remedy_to_tell, welcome, unsubscribe_confirmation.';
COMMENT ON COLUMN lists.cases.state IS 'open (to be answered), waiting (for the customer), answered, closed.';
COMMENT ON COLUMN lists.cases.outcome IS 'How it ended: solved, answered, recovered, unfounded, gone, nothing_to_do; null unless closed.';
COMMENT ON COLUMN lists.cases.priority IS '1 (first) to 4.';
COMMENT ON COLUMN lists.cases.valuable IS 'Whether the customer''s value reaches the rules'' mark; false where it is not known.';
COMMENT ON COLUMN lists.cases.advocate IS 'Whether the person stands on the list of advocates.';
COMMENT ON COLUMN lists.cases.team IS 'Team whose hours and holidays count.';
COMMENT ON COLUMN lists.cases.owner IS 'Who answers it.';
COMMENT ON COLUMN lists.cases.product IS 'Product, where there is one.';
COMMENT ON COLUMN lists.cases.product_name IS 'Name of the product; null where it is known from orders only.';
COMMENT ON COLUMN lists.cases.channel IS 'Source of the feedback; the channel of the order or of what was unsubscribed.';
COMMENT ON COLUMN lists.cases.opened_at IS 'When it came: time of the feedback where the source tells it to the day, else when it was first seen.';
COMMENT ON COLUMN lists.cases.due_at IS 'Until when it is to be answered, by the turnaround time of its kind.';
COMMENT ON COLUMN lists.cases.answered_at IS 'First answer, for a public reply the time that the source tells; null for none.';
COMMENT ON COLUMN lists.cases.answer_dated IS 'Whether answered_at is known; false for a reply without a time that stood there when the feedback was first seen.';
COMMENT ON COLUMN lists.cases.closed_at IS 'When it was closed; null unless closed.';
COMMENT ON COLUMN lists.cases.overdue IS 'Whether it is open beyond due_at.';
COMMENT ON COLUMN lists.cases.escalated_at IS 'When somebody was told that it is overdue; null for never.';
COMMENT ON COLUMN lists.cases.feedback_id IS 'F and a number: the feedback that it answers; null for cases from lists.';
COMMENT ON COLUMN lists.cases.url IS 'Address of the feedback at its source, where there is one.';
COMMENT ON COLUMN lists.cases.display_name IS 'Public display name; null where none was given.';
COMMENT ON COLUMN lists.cases.rating IS 'Stars as they are now, 1 to 5; null without.';
COMMENT ON COLUMN lists.cases.title IS 'Title as it is now, personal data masked.';
COMMENT ON COLUMN lists.cases.text IS 'Text as it is now, personal data masked; whole in lists.complaints.';

CREATE VIEW lists.case_events WITH (security_barrier) AS
SELECT 'V' || case_id AS case_id, event_id, act, state, actor, detail, note, happened_at, noted_at FROM case_event;
COMMENT ON VIEW lists.case_events IS 'What happened to each case.';
COMMENT ON COLUMN lists.case_events.case_id IS 'Case of lists.cases.';
COMMENT ON COLUMN lists.case_events.event_id IS 'Number of the event, ascending in the order in which they were noted.';
COMMENT ON COLUMN lists.case_events.act IS 'What was done, see docs/cases.md.';
COMMENT ON COLUMN lists.case_events.state IS 'State of the case after it.';
COMMENT ON COLUMN lists.case_events.actor IS 'Who did it; rule for what was done by rule.';
COMMENT ON COLUMN lists.case_events.detail IS 'What it refers to: an owner, an outcome, a feedback.';
COMMENT ON COLUMN lists.case_events.note IS 'Words of who did it; may hold names.';
COMMENT ON COLUMN lists.case_events.happened_at IS 'When it happened, for a public reply the time that the source tells.';
COMMENT ON COLUMN lists.case_events.noted_at IS 'When it was written down.';

CREATE VIEW lists.valuable_unhappy WITH (security_barrier) AS
SELECT 'V' || c.case_id AS case_id, c.kind, c.state, c.valuable, c.advocate, c.owner, c.product, c.channel, c.opened_at,
       c.due_at, 'F' || c.feedback_id AS feedback_id
FROM case_file c
WHERE c.kind IN ('complaint', 'defect_report') AND c.state <> 'closed' AND (c.valuable OR c.advocate);
COMMENT ON VIEW lists.valuable_unhappy IS 'Valuable customers and advocates who are unhappy, as long as their case is not closed.';
COMMENT ON COLUMN lists.valuable_unhappy.case_id IS 'Case of lists.cases.';
COMMENT ON COLUMN lists.valuable_unhappy.kind IS 'complaint or defect_report.';
COMMENT ON COLUMN lists.valuable_unhappy.state IS 'open, waiting or answered.';
COMMENT ON COLUMN lists.valuable_unhappy.valuable IS 'Whether the customer''s value reaches the rules'' mark.';
COMMENT ON COLUMN lists.valuable_unhappy.advocate IS 'Whether the person stands on the list of advocates.';
COMMENT ON COLUMN lists.valuable_unhappy.owner IS 'Who answers it.';
COMMENT ON COLUMN lists.valuable_unhappy.product IS 'Product, where there is one.';
COMMENT ON COLUMN lists.valuable_unhappy.channel IS 'Source of the feedback.';
COMMENT ON COLUMN lists.valuable_unhappy.opened_at IS 'When it came.';
COMMENT ON COLUMN lists.valuable_unhappy.due_at IS 'Until when it is to be answered.';
COMMENT ON COLUMN lists.valuable_unhappy.feedback_id IS 'F and a number.';

REVOKE ALL ON FUNCTION case_event_is_append_only() FROM PUBLIC;
GRANT SELECT ON lists.cases, lists.case_events TO kundenecho_support, kundenecho_pipeline;
GRANT SELECT ON lists.valuable_unhappy TO kundenecho_support, kundenecho_marketing, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON case_file, case_event TO kundenecho_pipeline;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA kundenecho TO kundenecho_pipeline;
