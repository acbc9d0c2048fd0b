-- What people decided about names of parts: these two are one, these two are not.

SET LOCAL search_path = kundenecho;

-- Keyed to the names themselves, lower case, so that it outlives every recount and every lineage.
CREATE TABLE component_decision (
    decision_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope         text NOT NULL CHECK (scope IN ('product', 'group', 'everywhere')),
    scope_name    text NOT NULL DEFAULT '' CHECK ((scope = 'everywhere') = (scope_name = '')),
    one           text NOT NULL CHECK (one = lower(one) AND one <> ''),
    other         text NOT NULL CHECK (other = lower(other) AND one < other),
    same          boolean NOT NULL,
    decided_by    text NOT NULL,
    decided_at    timestamptz NOT NULL DEFAULT now(),
    taken_back_by text,
    taken_back_at timestamptz,
    CHECK ((taken_back_by IS NULL) = (taken_back_at IS NULL))
);
CREATE UNIQUE INDEX component_decision_standing ON component_decision (scope, scope_name, one, other)
    WHERE taken_back_at IS NULL;
CREATE INDEX component_alias_name ON component_alias (component);
CREATE INDEX defect_component ON defect (component);

CREATE VIEW lists.part_decisions WITH (security_barrier) AS
SELECT decision_id, CASE WHEN same THEN 'same' ELSE 'different' END AS verdict, one, other, scope,
       nullif(scope_name, '') AS scope_name, decided_by, decided_at, taken_back_by, taken_back_at
FROM component_decision;
COMMENT ON VIEW lists.part_decisions IS 'What people decided about names of parts; also what was taken back.';
COMMENT ON COLUMN lists.part_decisions.decision_id IS 'Number of the decision, for kundenecho parts undo.';
COMMENT ON COLUMN lists.part_decisions.verdict IS 'same or different.';
COMMENT ON COLUMN lists.part_decisions.one IS 'One name, lower case.';
COMMENT ON COLUMN lists.part_decisions.other IS 'The other name, lower case.';
COMMENT ON COLUMN lists.part_decisions.scope IS 'product, group or everywhere; the narrower one counts.';
COMMENT ON COLUMN lists.part_decisions.scope_name IS 'Which product or group; null for everywhere.';
COMMENT ON COLUMN lists.part_decisions.decided_by IS 'Who decided.';
COMMENT ON COLUMN lists.part_decisions.decided_at IS 'When.';
COMMENT ON COLUMN lists.part_decisions.taken_back_by IS 'Who took it back; null while it stands.';
COMMENT ON COLUMN lists.part_decisions.taken_back_at IS 'When; null while it stands.';

GRANT SELECT ON lists.part_decisions TO kundenecho_product, kundenecho_support, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON component_decision TO kundenecho_pipeline;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA kundenecho TO kundenecho_pipeline;
