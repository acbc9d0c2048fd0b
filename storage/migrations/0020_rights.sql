-- Exports with whom they told of, erasures with what went, and the ways by which an erasure finds its rows quickly.

SET LOCAL search_path = kundenecho;

-- Every list that left the house as a file.
CREATE TABLE export_register (
    export_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind      text NOT NULL,
    made_by   text NOT NULL,
    way       text NOT NULL CHECK (way IN ('command', 'page')),
    form      text NOT NULL,
    filters   jsonb NOT NULL DEFAULT '{}',
    items     integer NOT NULL CHECK (items >= 0),
    made_at   timestamptz NOT NULL DEFAULT now()
);
-- Whom it told of, by a key: who is erased must be told where her data went (Art. 15, Art. 19 DSGVO).
CREATE TABLE export_person (
    export_id bigint NOT NULL REFERENCES export_register ON DELETE CASCADE,
    key       keyed NOT NULL,
    PRIMARY KEY (export_id, key)
);
CREATE INDEX export_person_key ON export_person (key);

-- What an erasure did; nothing in it tells who was erased.
CREATE TABLE erasure (
    erasure_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    asked_by   text NOT NULL CHECK (asked_by IN ('person', 'account', 'email', 'customer', 'url')),
    made_by    text NOT NULL,
    erased_at  timestamptz NOT NULL DEFAULT now(),
    counts     jsonb NOT NULL,
    unreached  text[] NOT NULL
);

-- Steps of the run record are named by the program; a list here would have to follow it.
ALTER TABLE run DROP CONSTRAINT run_step_check;

CREATE INDEX feedback_url ON feedback USING hash (url);
CREATE INDEX feedback_referee ON feedback ((extra ->> 'referee_key')) WHERE extra ? 'referee_key';
CREATE INDEX revision_fragment ON revision (fragment_digest) WHERE fragment_digest IS NOT NULL;
CREATE INDEX revision_page ON revision (page_id) WHERE page_id IS NOT NULL;
CREATE INDEX defect_quote_mention ON defect_quote (mention_id);
CREATE INDEX defect_figure_fix ON defect_figure (fix_id);
CREATE INDEX rejected_source ON rejected (source);

-- An erasure may also take a fragment away from a revision of somebody else that names the person by a key.
CREATE OR REPLACE FUNCTION revision_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF current_setting('kundenecho.purpose', true) = 'erase' THEN
            RETURN OLD;
        END IF;
    ELSIF current_setting('kundenecho.purpose', true) = 'withdraw' AND NEW.text IS NULL AND NEW.title IS NULL THEN
        RETURN NEW;
    ELSIF current_setting('kundenecho.purpose', true) = 'erase' AND NEW.fragment_digest IS NULL
        AND to_jsonb(NEW) - 'fragment_digest' = to_jsonb(OLD) - 'fragment_digest' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'revisions are append-only: revision %', OLD.revision_id
        USING HINT = 'Write a new revision; texts are withdrawn or erased by the retention and erasure steps.';
END $$;

CREATE VIEW lists.exports WITH (security_barrier) AS
SELECT export_id, made_at, made_by, way, kind, form, filters, items FROM export_register;
COMMENT ON VIEW lists.exports IS 'Every list that left as a file; without its content.';
COMMENT ON COLUMN lists.exports.export_id IS 'Number of the export.';
COMMENT ON COLUMN lists.exports.made_at IS 'When.';
COMMENT ON COLUMN lists.exports.made_by IS 'Who, as named on the command line or by the proxy in front of the pages.';
COMMENT ON COLUMN lists.exports.way IS 'command or page.';
COMMENT ON COLUMN lists.exports.kind IS 'Which list, such as advocates, newsletter, defects or subject (what is held on one person).';
COMMENT ON COLUMN lists.exports.form IS 'csv, xlsx, json or html.';
COMMENT ON COLUMN lists.exports.filters IS 'How it was narrowed, as JSON.';
COMMENT ON COLUMN lists.exports.items IS 'Rows that were handed out.';

CREATE VIEW lists.erasures WITH (security_barrier) AS
SELECT erasure_id, erased_at, made_by, asked_by, counts, unreached FROM erasure;
COMMENT ON VIEW lists.erasures IS 'Receipts of erasures: what went and what could not be reached, not whose it was.';
COMMENT ON COLUMN lists.erasures.erasure_id IS 'Number of the receipt.';
COMMENT ON COLUMN lists.erasures.erased_at IS 'When.';
COMMENT ON COLUMN lists.erasures.made_by IS 'Who did it.';
COMMENT ON COLUMN lists.erasures.asked_by IS 'What the person was named by: person, account, email, customer or url.';
COMMENT ON COLUMN lists.erasures.counts IS 'How many rows went from where, as JSON.';
COMMENT ON COLUMN lists.erasures.unreached IS 'What could not be reached, in German.';

GRANT SELECT ON lists.exports, lists.erasures TO kundenecho_operations, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON export_register, export_person, erasure TO kundenecho_pipeline;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA kundenecho TO kundenecho_pipeline;
