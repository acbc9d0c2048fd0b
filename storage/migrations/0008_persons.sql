-- Who is whom: every account has a person of its own; accounts joined by evidence or by people share that of the
-- oldest account, and get their own back when they are parted.

SET LOCAL search_path = kundenecho;

ALTER TABLE author ADD COLUMN own_person_id bigint REFERENCES person;
UPDATE author a SET own_person_id = person_id
WHERE person_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM author b WHERE b.person_id = a.person_id AND b.author_id < a.author_id);
CREATE UNIQUE INDEX author_own_person ON author (own_person_id);
CREATE INDEX author_unsettled ON author (author_id) WHERE person_id IS NULL OR own_person_id IS NULL;

-- What people said of two accounts, keyed to the sources' own identity of them. Taken back, a row stays as history.
CREATE TABLE identity_judgement (
    judgement_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_a      text NOT NULL,
    author_key_a  keyed NOT NULL,
    source_b      text NOT NULL,
    author_key_b  keyed NOT NULL,
    verdict       text NOT NULL CHECK (verdict IN ('same', 'not_same', 'undecided')),
    judged_by     text NOT NULL CHECK (judged_by <> ''),
    judged_at     timestamptz NOT NULL DEFAULT now(),
    taken_back_by text,
    taken_back_at timestamptz,
    CHECK ((source_a COLLATE "C", author_key_a::text COLLATE "C") < (source_b COLLATE "C", author_key_b::text COLLATE "C")),
    CHECK ((taken_back_by IS NULL) = (taken_back_at IS NULL))
);
CREATE UNIQUE INDEX identity_judgement_pair ON identity_judgement (source_a, author_key_a, source_b, author_key_b)
    WHERE taken_back_at IS NULL;
CREATE INDEX identity_judgement_second ON identity_judgement (source_b, author_key_b) WHERE taken_back_at IS NULL;

-- Who is erased leaves no judgement behind.
CREATE FUNCTION forget_judgements() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM identity_judgement j
    WHERE (j.source_a, j.author_key_a) = (OLD.source, OLD.author_key)
       OR (j.source_b, j.author_key_b) = (OLD.source, OLD.author_key);
    RETURN OLD;
END $$;
CREATE TRIGGER author_forget_judgements AFTER DELETE ON author FOR EACH ROW EXECUTE FUNCTION forget_judgements();

-- What an account may be recognised by, keyed: no name stands here. 'name' says that it is named at all.
CREATE TABLE author_trait (
    author_id bigint NOT NULL REFERENCES author ON DELETE CASCADE,
    kind      text NOT NULL CHECK (kind IN ('name', 'full', 'family', 'given', 'handle', 'place')),
    key       keyed NOT NULL,
    PRIMARY KEY (author_id, kind, key)
);
CREATE INDEX author_trait_key ON author_trait (kind, key) WHERE kind IN ('full', 'family', 'given', 'handle');

-- Two accounts that may be one person: offered to people, never joined by itself. What makes them alike is a block:
-- all accounts of one name, handle, text or doubtful identifier.
CREATE TABLE identity_candidate (
    author_a     bigint NOT NULL REFERENCES author ON DELETE CASCADE,
    author_b     bigint NOT NULL REFERENCES author ON DELETE CASCADE,
    kind         text NOT NULL,
    key          text NOT NULL,
    alike        integer NOT NULL,
    same_product boolean,
    same_place   boolean,
    score        real NOT NULL CHECK (score BETWEEN 0 AND 1),
    PRIMARY KEY (author_a, author_b, kind, key),
    CHECK (author_a < author_b)
);
CREATE INDEX identity_candidate_second ON identity_candidate (author_b);
CREATE INDEX identity_candidate_block ON identity_candidate (kind, key);

-- Judgements that hold, with the accounts that are known.
CREATE VIEW live_judgement AS
SELECT j.judgement_id, a.author_id AS author_a, b.author_id AS author_b, a.person_id AS person_a, b.person_id AS person_b,
       j.verdict, j.judged_by, j.judged_at
FROM identity_judgement j
JOIN author a ON (a.source, a.author_key) = (j.source_a, j.author_key_a)
JOIN author b ON (b.source, b.author_key) = (j.source_b, j.author_key_b)
WHERE j.taken_back_at IS NULL;

CREATE VIEW lists.person_accounts WITH (security_barrier) AS
SELECT 'P' || a.person_id AS person_id, 'A' || a.author_id AS account_id, a.source, n.display_name,
       s.feedback, s.first_seen, s.last_seen
FROM author a
LEFT JOIN author_name n USING (author_id)
CROSS JOIN LATERAL (SELECT count(*)::int AS feedback, min(f.created_at) AS first_seen, max(f.created_at) AS last_seen
                    FROM feedback f WHERE f.author_id = a.author_id) s
WHERE a.person_id IS NOT NULL;
COMMENT ON VIEW lists.person_accounts IS 'Accounts on portals and in surveys, each with the person it belongs to.';
COMMENT ON COLUMN lists.person_accounts.person_id IS 'P and a number; accounts of one person share it.';
COMMENT ON COLUMN lists.person_accounts.account_id IS 'A and a number: the account on its source.';
COMMENT ON COLUMN lists.person_accounts.source IS 'Source of the account.';
COMMENT ON COLUMN lists.person_accounts.display_name IS 'Public display name; null where none was given.';
COMMENT ON COLUMN lists.person_accounts.feedback IS 'Feedback of the account.';
COMMENT ON COLUMN lists.person_accounts.first_seen IS 'Its oldest dated feedback; null without dates.';
COMMENT ON COLUMN lists.person_accounts.last_seen IS 'Its newest dated feedback; null without dates.';

-- The best pair of accounts for each two persons. Persons that people hold apart are not offered again.
CREATE VIEW lists.person_candidates WITH (security_barrier) AS
SELECT DISTINCT ON (least(a.person_id, b.person_id), greatest(a.person_id, b.person_id))
       'P' || a.person_id AS person_a, 'P' || b.person_id AS person_b, 'A' || a.author_id AS account_a,
       'A' || b.author_id AS account_b, a.source AS source_a, b.source AS source_b, na.display_name AS name_a,
       nb.display_name AS name_b, c.kind AS evidence, c.alike, c.same_product, c.same_place, c.score,
       EXISTS (SELECT FROM live_judgement j WHERE j.verdict = 'undecided'
               AND (j.person_a, j.person_b) IN ((a.person_id, b.person_id), (b.person_id, a.person_id))) AS undecided
FROM identity_candidate c
JOIN author a ON a.author_id = c.author_a
JOIN author b ON b.author_id = c.author_b
LEFT JOIN author_name na ON na.author_id = c.author_a
LEFT JOIN author_name nb ON nb.author_id = c.author_b
WHERE a.person_id <> b.person_id
  AND NOT EXISTS (SELECT FROM live_judgement j WHERE j.verdict = 'not_same'
                  AND (j.person_a, j.person_b) IN ((a.person_id, b.person_id), (b.person_id, a.person_id)))
ORDER BY least(a.person_id, b.person_id), greatest(a.person_id, b.person_id), c.score DESC, c.author_a, c.author_b, c.kind;
COMMENT ON VIEW lists.person_candidates IS 'Two persons that may be one, offered for a decision; nothing is joined by it.';
COMMENT ON COLUMN lists.person_candidates.person_a IS 'One person.';
COMMENT ON COLUMN lists.person_candidates.person_b IS 'The other person.';
COMMENT ON COLUMN lists.person_candidates.account_a IS 'Account of the one that is alike.';
COMMENT ON COLUMN lists.person_candidates.account_b IS 'Account of the other that is alike.';
COMMENT ON COLUMN lists.person_candidates.source_a IS 'Source of the one account.';
COMMENT ON COLUMN lists.person_candidates.source_b IS 'Source of the other account.';
COMMENT ON COLUMN lists.person_candidates.name_a IS 'Display name of the one account; null where none was given.';
COMMENT ON COLUMN lists.person_candidates.name_b IS 'Display name of the other account; null where none was given.';
COMMENT ON COLUMN lists.person_candidates.evidence IS 'full, family, given (name), handle, text or identifier, see docs/persons.md.';
COMMENT ON COLUMN lists.person_candidates.alike IS 'Persons that are alike in this, these two included.';
COMMENT ON COLUMN lists.person_candidates.same_product IS 'Whether both spoke of or bought one product; null where one of them named none.';
COMMENT ON COLUMN lists.person_candidates.same_place IS 'Whether both live in one place; null where one of the places is not known.';
COMMENT ON COLUMN lists.person_candidates.score IS 'How likely they are one person, 0 to 1, by the reviewed weights.';
COMMENT ON COLUMN lists.person_candidates.undecided IS 'Somebody has looked at the pair and left it open.';

REVOKE ALL ON FUNCTION forget_judgements() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_judgements() TO kundenecho_pipeline;
GRANT SELECT ON lists.person_accounts, lists.person_candidates
    TO kundenecho_marketing, kundenecho_support, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON identity_judgement, author_trait, identity_candidate TO kundenecho_pipeline;
GRANT SELECT ON live_judgement TO kundenecho_pipeline;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA kundenecho TO kundenecho_pipeline;
