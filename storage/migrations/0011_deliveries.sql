-- Receipts: what became of each report that was sent to somebody.

SET LOCAL search_path = kundenecho;

-- One row an attempt. It begins as 'sending', so that one which a crash cut off is seen.
CREATE TABLE report_delivery (
    delivery_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report      text NOT NULL,
    digest      text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    channel     text NOT NULL CHECK (channel IN ('email', 'webhook')),
    -- Keyed like every address; what is shown of it is masked.
    target_key  text NOT NULL CHECK (target_key ~ '^[a-z0-9]{1,16}:[0-9a-f]{32}$'),
    target      text NOT NULL,
    outcome     text NOT NULL DEFAULT 'sending' CHECK (outcome IN ('sending', 'delivered', 'failed')),
    detail      text,
    begun_at    timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz,
    CHECK ((outcome = 'sending') = (ended_at IS NULL))
);
CREATE INDEX report_delivery_target ON report_delivery (report, channel, target_key);

CREATE VIEW lists.deliveries WITH (security_barrier) AS
SELECT delivery_id, report, digest, channel, target, outcome, detail, begun_at, ended_at,
       row_number() OVER (PARTITION BY report, channel, target_key ORDER BY delivery_id)::int AS attempt
FROM report_delivery;
COMMENT ON VIEW lists.deliveries IS 'Receipts of the reports that were sent, one row an attempt.';
COMMENT ON COLUMN lists.deliveries.delivery_id IS 'Number of the attempt.';
COMMENT ON COLUMN lists.deliveries.report IS 'Name of the report, such as kundenecho-2026-W22.';
COMMENT ON COLUMN lists.deliveries.digest IS 'SHA-256 of the report''s HTML file as it was sent.';
COMMENT ON COLUMN lists.deliveries.channel IS 'email or webhook.';
COMMENT ON COLUMN lists.deliveries.target IS 'Address, masked: the first letter and the domain of an e-mail address, the host of a webhook.';
COMMENT ON COLUMN lists.deliveries.outcome IS 'delivered, failed, or sending: not known yet, or cut off by a crash.';
COMMENT ON COLUMN lists.deliveries.detail IS 'What the other side said, such as HTTP 503 or SMTP 550; null where it said nothing.';
COMMENT ON COLUMN lists.deliveries.begun_at IS 'When it was sent.';
COMMENT ON COLUMN lists.deliveries.ended_at IS 'When its outcome was known; null until then.';
COMMENT ON COLUMN lists.deliveries.attempt IS 'Attempts to send this report to this address until then, this one included.';

GRANT SELECT ON lists.deliveries TO kundenecho_operations, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON report_delivery TO kundenecho_pipeline;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA kundenecho TO kundenecho_pipeline;
