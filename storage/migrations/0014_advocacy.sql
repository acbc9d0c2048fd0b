-- Scores that can be added up again from their reasons, reasons that people strike, and the loyalty loop.

SET LOCAL search_path = kundenecho;

ALTER TABLE advocate
    ADD COLUMN points_for     real NOT NULL DEFAULT 0,
    ADD COLUMN points_against real NOT NULL DEFAULT 0,
    ADD COLUMN days           integer NOT NULL DEFAULT 0,
    ADD COLUMN shrinkage      real NOT NULL DEFAULT 0;
ALTER TABLE advocate_reason
    ADD COLUMN day         date,
    -- The feedback whose reason this is; null for one of the person as a whole.
    ADD COLUMN feedback_id bigint REFERENCES feedback ON DELETE CASCADE,
    ADD COLUMN value       real,
    ADD COLUMN struck      boolean NOT NULL DEFAULT false,
    ADD CHECK (NOT struck OR weight = 0);
CREATE INDEX advocate_reason_revision ON advocate_reason (revision_id);
CREATE INDEX advocate_reason_feedback ON advocate_reason (feedback_id);
CREATE INDEX advocate_reason_recent ON advocate_reason (day) WHERE kind = 'recent';

-- From which month "recent" was counted when the advocates were decided last.
CREATE TABLE advocacy_state (
    only_one  boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    reference date NOT NULL
);

-- Reasons that people struck out, keyed to the source's own identity of the feedback, or of an account of the person.
CREATE TABLE reason_strike (
    strike_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          text NOT NULL,
    source        text NOT NULL,
    account       text,
    native_id     text,
    author_key    keyed,
    struck_by     text NOT NULL CHECK (struck_by <> ''),
    struck_at     timestamptz NOT NULL DEFAULT now(),
    taken_back_by text,
    taken_back_at timestamptz,
    CHECK ((native_id IS NULL) = (account IS NULL) AND (native_id IS NULL) <> (author_key IS NULL)),
    CHECK ((taken_back_by IS NULL) = (taken_back_at IS NULL))
);
CREATE UNIQUE INDEX reason_strike_feedback ON reason_strike (source, account, native_id, kind)
    WHERE native_id IS NOT NULL AND taken_back_at IS NULL;
CREATE UNIQUE INDEX reason_strike_author ON reason_strike (source, author_key, kind)
    WHERE author_key IS NOT NULL AND taken_back_at IS NULL;

CREATE VIEW live_strike AS
SELECT s.strike_id, s.kind, f.feedback_id, f.author_id, s.struck_by, s.struck_at
FROM reason_strike s
JOIN feedback f ON (f.source, f.account, f.native_id) = (s.source, s.account, s.native_id)
WHERE s.taken_back_at IS NULL
UNION ALL
SELECT s.strike_id, s.kind, NULL, a.author_id, s.struck_by, s.struck_at
FROM reason_strike s
JOIN author a ON (a.source, a.author_key) = (s.source, s.author_key)
WHERE s.taken_back_at IS NULL;

CREATE FUNCTION forget_strikes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'feedback' THEN
        DELETE FROM reason_strike s
        WHERE (s.source, s.account, s.native_id) = (OLD.source, OLD.account, OLD.native_id);
    ELSE
        DELETE FROM reason_strike s WHERE (s.source, s.author_key) = (OLD.source, OLD.author_key);
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER feedback_forget_strikes AFTER DELETE ON feedback FOR EACH ROW EXECUTE FUNCTION forget_strikes();
CREATE TRIGGER author_forget_strikes AFTER DELETE ON author FOR EACH ROW EXECUTE FUNCTION forget_strikes();

-- The stages of the loyalty loop that a person passed, each with what proves it.
CREATE TABLE person_stage (
    person_id   bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    number      integer NOT NULL,
    stage       text NOT NULL
        CHECK (stage IN ('buy', 'enjoy', 'bond', 'advocate', 'at_risk', 'lost', 'recovered')),
    since       timestamptz,
    cause       text NOT NULL,
    revision_id bigint REFERENCES revision ON DELETE CASCADE,
    field       text,
    quote_start integer,
    quote_end   integer,
    order_key   keyed,
    is_current  boolean NOT NULL,
    PRIMARY KEY (person_id, number)
);
CREATE INDEX person_stage_revision ON person_stage (revision_id);
CREATE INDEX person_stage_current ON person_stage (stage) WHERE is_current;

CREATE OR REPLACE VIEW lists.advocates WITH (security_barrier) AS
SELECT 'P' || v.person_id AS person_id,
       (SELECT n.display_name FROM author a JOIN author_name n USING (author_id)
        WHERE a.person_id = v.person_id ORDER BY length(n.display_name) DESC, n.display_name LIMIT 1) AS display_name,
       v.score, v.stage, k.contactable, k.reason AS contactable_reason, v.sources, v.last_seen, v.decided_at,
       k.channel AS contact_channel, k.legal_basis AS contact_law, v.points_for, v.points_against, v.days, v.shrinkage
FROM advocate v CROSS JOIN LATERAL (SELECT * FROM person_contact WHERE person_id = v.person_id) k
WHERE v.listed;
COMMENT ON COLUMN lists.advocates.score IS 'shrinkage × points_for + points_against, 0 to 100.';
COMMENT ON COLUMN lists.advocates.points_for IS 'Sum of the reasons for.';
COMMENT ON COLUMN lists.advocates.points_against IS 'Sum of the reasons against, 0 or negative.';
COMMENT ON COLUMN lists.advocates.days IS 'Days on which something independent speaks for the person.';
COMMENT ON COLUMN lists.advocates.shrinkage IS 'What thin evidence leaves of the points for, 0 to 1; see docs/advocates.md.';

CREATE OR REPLACE VIEW lists.advocate_reasons WITH (security_barrier) AS
SELECT 'P' || x.person_id AS person_id, x.rank, x.kind, x.weight,
       lists.quote(CASE x.field WHEN 'title' THEN r.title ELSE r.text END, x.quote_start, x.quote_end, r.state) AS quote,
       'F' || r.feedback_id AS feedback_id, f.url, f.product, f.source, f.created_at, x.day, x.value
FROM advocate_reason x
JOIN advocate v ON v.person_id = x.person_id AND v.listed
LEFT JOIN masked_revision r ON r.revision_id = x.revision_id
LEFT JOIN feedback f ON f.feedback_id = r.feedback_id
WHERE NOT x.struck;
COMMENT ON COLUMN lists.advocate_reasons.feedback_id IS 'F and a number: the feedback it comes from; null where an order proves it.';
COMMENT ON COLUMN lists.advocate_reasons.day IS 'Day of what proves it; null without a date.';
COMMENT ON COLUMN lists.advocate_reasons.value IS 'The number that proves it: NPS, stars, likes, orders, sources or statements; null where words do.';

CREATE VIEW lists.stages WITH (security_barrier) AS
SELECT 'P' || s.person_id AS person_id, s.number, s.stage, s.since, s.cause, s.is_current,
       lists.quote(CASE s.field WHEN 'title' THEN r.title ELSE r.text END, s.quote_start, s.quote_end, r.state) AS quote,
       'F' || r.feedback_id AS feedback_id, f.url, f.product, f.source
FROM person_stage s
LEFT JOIN masked_revision r ON r.revision_id = s.revision_id
LEFT JOIN feedback f ON f.feedback_id = r.feedback_id;
COMMENT ON VIEW lists.stages IS 'The stages of the loyalty loop that each person passed, each with what proves it.';
COMMENT ON COLUMN lists.stages.person_id IS 'P and a number.';
COMMENT ON COLUMN lists.stages.number IS 'Order of the stages, from 1.';
COMMENT ON COLUMN lists.stages.stage IS 'buy, enjoy, bond, advocate, at_risk, lost or recovered, see docs/loop.md.';
COMMENT ON COLUMN lists.stages.since IS 'When the person came to it; null without a date.';
COMMENT ON COLUMN lists.stages.cause IS 'What led to it, see docs/loop.md.';
COMMENT ON COLUMN lists.stages.is_current IS 'The person stands there now.';
COMMENT ON COLUMN lists.stages.quote IS 'The words that prove it, personal data masked; null where there are none.';
COMMENT ON COLUMN lists.stages.feedback_id IS 'F and a number: the feedback that proves it; null for an order or an unsubscription.';
COMMENT ON COLUMN lists.stages.url IS 'Address of the feedback at its source, where there is one.';
COMMENT ON COLUMN lists.stages.product IS 'Product that was spoken of, where there is one.';
COMMENT ON COLUMN lists.stages.source IS 'Source of the feedback.';

CREATE VIEW lists.loop WITH (security_barrier) AS
SELECT stage, count(DISTINCT person_id) FILTER (WHERE is_current)::int AS persons,
       count(DISTINCT person_id)::int AS persons_ever
FROM person_stage GROUP BY stage;
COMMENT ON VIEW lists.loop IS 'Persons by stage of the loyalty loop.';
COMMENT ON COLUMN lists.loop.stage IS 'Stage, see docs/loop.md.';
COMMENT ON COLUMN lists.loop.persons IS 'Persons who stand there now.';
COMMENT ON COLUMN lists.loop.persons_ever IS 'Persons who came there at some time.';

CREATE VIEW lists.loop_transitions WITH (security_barrier) AS
SELECT a.stage AS from_stage, b.stage AS to_stage, count(DISTINCT a.person_id)::int AS persons,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM b.since - a.since) / 86400)::real AS median_days
FROM person_stage a JOIN person_stage b ON b.person_id = a.person_id AND b.number = a.number + 1
GROUP BY a.stage, b.stage;
COMMENT ON VIEW lists.loop_transitions IS 'Persons who went from one stage of the loop to the next.';
COMMENT ON COLUMN lists.loop_transitions.from_stage IS 'Stage before.';
COMMENT ON COLUMN lists.loop_transitions.to_stage IS 'Stage after it.';
COMMENT ON COLUMN lists.loop_transitions.persons IS 'Persons who went that way, each once.';
COMMENT ON COLUMN lists.loop_transitions.median_days IS 'Half of them took no longer; null without dates.';

REVOKE ALL ON FUNCTION forget_strikes() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_strikes() TO kundenecho_pipeline;
GRANT SELECT ON lists.advocates, lists.advocate_reasons, lists.stages TO kundenecho_marketing, kundenecho_support, kundenecho_pipeline;
GRANT SELECT ON lists.loop, lists.loop_transitions
    TO kundenecho_marketing, kundenecho_product, kundenecho_support, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON advocacy_state, reason_strike, person_stage TO kundenecho_pipeline;
GRANT SELECT ON live_strike TO kundenecho_pipeline;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA kundenecho TO kundenecho_pipeline;

-- Scores of before are of another kind: all persons are decided anew.
INSERT INTO dirty_key (author_id) SELECT author_id FROM author;
