-- The tables of Kundenecho. People read the views in the schema lists (0002), never these tables.

-- begin roles
-- Login roles, without a password until an administrator sets one. They belong to the whole server, so another
-- database of it may have made them already.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['kundenecho_pipeline', 'kundenecho_marketing', 'kundenecho_product',
                                  'kundenecho_support', 'kundenecho_operations'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT', wanted);
        END IF;
    END LOOP;
END $$;
-- end roles

CREATE SCHEMA IF NOT EXISTS kundenecho;
SET LOCAL search_path = kundenecho;

-- One row per executed step, good or bad; written outside the step's own transaction.
CREATE TABLE run (
    run_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    step        text NOT NULL CHECK (step IN ('collect', 'import', 'analyse', 'decide', 'report', 'retain')),
    source      text NOT NULL DEFAULT '',
    account     text NOT NULL DEFAULT '',
    started_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    outcome     text NOT NULL DEFAULT 'running' CHECK (outcome IN ('running', 'done', 'failed')),
    counts      jsonb NOT NULL DEFAULT '{}',
    error       text
);
CREATE INDEX run_latest ON run (step, source, account, started_at DESC);

-- One row per feed file that was loaded; its transaction carries the rows and the watermark.
CREATE TABLE load (
    load_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id      bigint REFERENCES run,
    source      text NOT NULL,
    account     text NOT NULL DEFAULT '',
    partition   text NOT NULL DEFAULT '',
    full_read   boolean NOT NULL,
    loaded_at   timestamptz NOT NULL DEFAULT now(),
    items       integer NOT NULL DEFAULT 0,
    new         integer NOT NULL DEFAULT 0,
    revised     integer NOT NULL DEFAULT 0,
    unchanged   integer NOT NULL DEFAULT 0,
    deleted     integer NOT NULL DEFAULT 0,
    rejected    integer NOT NULL DEFAULT 0
);

CREATE TABLE watermark (
    source    text NOT NULL,
    account   text NOT NULL DEFAULT '',
    partition text NOT NULL DEFAULT '',
    value     text NOT NULL,
    load_id   bigint NOT NULL REFERENCES load,
    PRIMARY KEY (source, account, partition)
);

-- Rows that were refused, keyed, with their reason.
CREATE TABLE rejected (
    rejected_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id      bigint NOT NULL REFERENCES run ON DELETE CASCADE,
    source      text NOT NULL,
    account     text NOT NULL DEFAULT '',
    place       text NOT NULL,
    reason      text NOT NULL,
    fragment    jsonb,
    rejected_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX rejected_run ON rejected (run_id);

CREATE TABLE product (
    product       text PRIMARY KEY,
    name          text NOT NULL,
    product_group text,
    load_id       bigint NOT NULL REFERENCES load
);

CREATE TABLE person (
    person_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- An account on one portal. person_id is filled by decide.
CREATE TABLE author (
    author_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source     text NOT NULL,
    author_key text NOT NULL CHECK (author_key ~ '^[a-z0-9]{1,16}:[0-9a-f]{32}$'),
    person_id  bigint REFERENCES person,
    load_id    bigint NOT NULL REFERENCES load,
    UNIQUE (source, author_key)
);
CREATE INDEX author_person ON author (person_id);

-- The one table with display names; readable for marketing and support through views only.
CREATE TABLE author_name (
    author_id    bigint PRIMARY KEY REFERENCES author ON DELETE CASCADE,
    display_name text NOT NULL,
    load_id      bigint NOT NULL REFERENCES load
);

-- Sure evidence that two authors are one person: the same keyed e-mail, customer, order or telephone number.
CREATE TABLE author_identifier (
    author_id bigint NOT NULL REFERENCES author ON DELETE CASCADE,
    kind      text NOT NULL CHECK (kind IN ('email', 'customer', 'order', 'phone')),
    key       text NOT NULL CHECK (key ~ '^[a-z0-9]{1,16}:[0-9a-f]{32}$'),
    load_id   bigint NOT NULL REFERENCES load,
    PRIMARY KEY (author_id, kind, key)
);
CREATE INDEX author_identifier_key ON author_identifier (kind, key);

-- The record's own fragment of the payload, personal fields keyed, addressed by its digest.
CREATE TABLE fragment (
    digest  text PRIMARY KEY,
    body    jsonb NOT NULL,
    load_id bigint NOT NULL REFERENCES load
);

-- Envelope of a fetched page or file; no personal data.
CREATE TABLE page (
    page_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url        text NOT NULL,
    fetched_at timestamptz NOT NULL,
    status     integer,
    digest     text NOT NULL,
    load_id    bigint NOT NULL REFERENCES load,
    UNIQUE (url, digest)
);

CREATE TABLE feedback (
    feedback_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source              text NOT NULL,
    account             text NOT NULL DEFAULT '',
    native_id           text NOT NULL,
    kind                text NOT NULL CHECK (kind IN ('review', 'shop_rating', 'survey_answer', 'comment', 'referral')),
    product             text REFERENCES product,
    author_id           bigint REFERENCES author,
    url                 text,
    parent_native_id    text,
    response_key        text,
    touchpoint          text,
    verified_purchase   text NOT NULL DEFAULT 'unknown' CHECK (verified_purchase IN ('yes', 'no', 'unknown')),
    created_at          timestamptz,
    created_precision   text NOT NULL CHECK (created_precision IN ('second', 'day', 'month', 'unknown')),
    experienced_at      timestamptz,
    extra               jsonb NOT NULL DEFAULT '{}',
    current_revision_id bigint,
    missed_reads        smallint NOT NULL DEFAULT 0,
    load_id             bigint NOT NULL REFERENCES load,
    UNIQUE (source, account, native_id),
    CHECK ((created_at IS NULL) = (created_precision = 'unknown'))
);
CREATE INDEX feedback_product ON feedback (product);
CREATE INDEX feedback_author ON feedback (author_id);

-- Append-only: a change of content makes a new revision (see the trigger below).
CREATE TABLE revision (
    revision_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feedback_id     bigint NOT NULL REFERENCES feedback ON DELETE CASCADE,
    number          integer NOT NULL,
    content_digest  text NOT NULL,
    state           text NOT NULL CHECK (state IN ('published', 'hidden', 'deleted')),
    title           text,
    text            text,
    copy_digest     text,
    language        text,
    raw_value       double precision,
    raw_min         double precision,
    raw_max         double precision,
    rating_1_5      double precision CHECK (rating_1_5 BETWEEN 1 AND 5),
    nps_0_10        smallint CHECK (nps_0_10 BETWEEN 0 AND 10),
    would_recommend boolean,
    collected_at    timestamptz NOT NULL,
    withdrawn_at    timestamptz,
    fragment_digest text REFERENCES fragment,
    page_id         bigint REFERENCES page,
    load_id         bigint NOT NULL REFERENCES load,
    UNIQUE (feedback_id, number)
);
CREATE INDEX revision_copy ON revision (copy_digest) WHERE copy_digest IS NOT NULL;
ALTER TABLE feedback ADD FOREIGN KEY (current_revision_id) REFERENCES revision DEFERRABLE INITIALLY DEFERRED;
CREATE UNIQUE INDEX feedback_current ON feedback (current_revision_id);

-- History of the owner's reply and of likes, apart from the content.
CREATE TABLE reply (
    feedback_id bigint NOT NULL REFERENCES feedback ON DELETE CASCADE,
    seen_at     timestamptz NOT NULL,
    reply       text,
    reply_at    timestamptz,
    load_id     bigint NOT NULL REFERENCES load,
    PRIMARY KEY (feedback_id, load_id)
);
CREATE TABLE likes (
    feedback_id bigint NOT NULL REFERENCES feedback ON DELETE CASCADE,
    seen_at     timestamptz NOT NULL,
    likes       integer NOT NULL,
    load_id     bigint NOT NULL REFERENCES load,
    PRIMARY KEY (feedback_id, load_id)
);

-- A revision keeps its content for ever, but for two things: its text may be withdrawn (retention), and it
-- may be erased with its feedback. Both are announced by a setting that lasts for the transaction.
CREATE FUNCTION revision_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF current_setting('kundenecho.purpose', true) = 'erase' THEN
            RETURN OLD;
        END IF;
    ELSIF current_setting('kundenecho.purpose', true) = 'withdraw' AND NEW.text IS NULL AND NEW.title IS NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'revisions are append-only: revision %', OLD.revision_id
        USING HINT = 'Write a new revision; texts are withdrawn or erased by the retention and erasure steps.';
END $$;
CREATE TRIGGER revision_append_only BEFORE UPDATE OR DELETE ON revision
    FOR EACH ROW EXECUTE FUNCTION revision_is_append_only();

-- Code, lexicons, model and settings of the analysis, as one digest.
CREATE TABLE lineage (
    lineage_id   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest       text NOT NULL UNIQUE,
    description  jsonb NOT NULL,
    state        text NOT NULL CHECK (state IN ('building', 'active', 'retired')),
    created_at   timestamptz NOT NULL DEFAULT now(),
    activated_at timestamptz
);
CREATE UNIQUE INDEX lineage_one_active ON lineage (state) WHERE state = 'active';
CREATE UNIQUE INDEX lineage_one_building ON lineage (state) WHERE state = 'building';

CREATE TABLE analysis (
    lineage_id         integer NOT NULL REFERENCES lineage ON DELETE CASCADE,
    revision_id        bigint NOT NULL REFERENCES revision ON DELETE CASCADE,
    language           text NOT NULL,
    abstained          boolean NOT NULL,
    sentiment          text CHECK (sentiment IN ('positive', 'mixed', 'negative')),
    score              real,
    confidence         real,
    recommend          text NOT NULL CHECK (recommend IN ('yes', 'no', 'none')),
    loyalty            text NOT NULL CHECK (loyalty IN ('repeat', 'churn', 'none')),
    question           boolean NOT NULL,
    incentivised_field text,
    incentivised_start integer,
    incentivised_end   integer,
    recommend_field    text,
    recommend_start    integer,
    recommend_end      integer,
    loyalty_field      text,
    loyalty_start      integer,
    loyalty_end        integer,
    analysed_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (lineage_id, revision_id)
);
CREATE INDEX analysis_revision ON analysis (revision_id);

CREATE TABLE mention (
    mention_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lineage_id     integer NOT NULL,
    revision_id    bigint NOT NULL,
    field          text NOT NULL CHECK (field IN ('text', 'title')),
    aspect         text NOT NULL,
    target         text,
    target_start   integer,
    target_end     integer,
    component      text,
    polarity       text NOT NULL CHECK (polarity IN ('pos', 'neg', 'neu')),
    defect         text,
    evidence_start integer NOT NULL,
    evidence_end   integer NOT NULL,
    confidence     real NOT NULL,
    touchpoint     text,
    emotion        text,
    expectation    text,
    FOREIGN KEY (lineage_id, revision_id) REFERENCES analysis ON DELETE CASCADE,
    CHECK (evidence_start >= 0 AND evidence_end > evidence_start),
    CHECK ((target_start IS NULL) = (target_end IS NULL))
);
CREATE INDEX mention_analysis ON mention (revision_id, lineage_id);
CREATE INDEX mention_defect ON mention (defect, lower(component)) WHERE defect IS NOT NULL;

-- Where a customer tells what helped.
CREATE TABLE fix (
    fix_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lineage_id  integer NOT NULL,
    revision_id bigint NOT NULL,
    field       text NOT NULL CHECK (field IN ('text', 'title')),
    fix_start   integer NOT NULL,
    fix_end     integer NOT NULL,
    FOREIGN KEY (lineage_id, revision_id) REFERENCES analysis ON DELETE CASCADE
);
CREATE INDEX fix_analysis ON fix (revision_id, lineage_id);

-- What a write touched, in the transaction of that write. decide takes rows by seq and deletes just those,
-- so that a key marked again meanwhile is not lost.
CREATE TABLE dirty_key (
    seq       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product   text,
    component text,
    defect    text,
    author_id bigint,
    marked_at timestamptz NOT NULL DEFAULT now()
);

-- Names of one part made one, such as a compound and its head, for one product and type of defect.
CREATE TABLE component_alias (
    product   text NOT NULL REFERENCES product,
    defect    text NOT NULL,
    component text NOT NULL,
    canonical text NOT NULL,
    PRIMARY KEY (product, defect, component)
);

-- Identity of a defect; it keeps its id while its figures change.
CREATE TABLE defect (
    defect_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product    text NOT NULL REFERENCES product,
    component  text NOT NULL DEFAULT '',
    defect     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (product, component, defect)
);
CREATE TABLE defect_figure (
    defect_id          bigint PRIMARY KEY REFERENCES defect ON DELETE CASCADE,
    lineage_id         integer NOT NULL REFERENCES lineage,
    component_name     text,
    persons            integer NOT NULL,
    persons_exposed    integer NOT NULL,
    mentions           integer NOT NULL,
    reviews_of_product integer NOT NULL,
    rate               double precision NOT NULL,
    rate_low           double precision NOT NULL,
    rate_high          double precision NOT NULL,
    signal             text NOT NULL CHECK (signal IN ('new', 'rising', 'steady', 'falling', 'too_little_data', 'undated')),
    first_seen         timestamptz,
    last_seen          timestamptz,
    evidence_needed    integer NOT NULL,
    fix_id             bigint REFERENCES fix ON DELETE SET NULL,
    decided_at         timestamptz NOT NULL DEFAULT now()
);
-- The quotes that stand for a defect, best first.
CREATE TABLE defect_quote (
    defect_id  bigint NOT NULL REFERENCES defect ON DELETE CASCADE,
    rank       smallint NOT NULL,
    mention_id bigint NOT NULL REFERENCES mention ON DELETE CASCADE,
    PRIMARY KEY (defect_id, rank)
);

CREATE TABLE advocate (
    person_id          bigint PRIMARY KEY REFERENCES person ON DELETE CASCADE,
    lineage_id         integer NOT NULL REFERENCES lineage,
    score              real NOT NULL CHECK (score BETWEEN 0 AND 100),
    stage              text NOT NULL,
    listed             boolean NOT NULL,
    contactable        text NOT NULL CHECK (contactable IN ('yes', 'no', 'reply_only')),
    contactable_reason text NOT NULL,
    sources            text[] NOT NULL,
    last_seen          timestamptz,
    decided_at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX advocate_score ON advocate (score DESC, person_id) WHERE listed;
CREATE TABLE advocate_reason (
    person_id   bigint NOT NULL REFERENCES advocate ON DELETE CASCADE,
    rank        smallint NOT NULL,
    kind        text NOT NULL,
    weight      real NOT NULL,
    revision_id bigint REFERENCES revision ON DELETE CASCADE,
    field       text,
    quote_start integer,
    quote_end   integer,
    PRIMARY KEY (person_id, rank)
);

-- Alarms that were raised, so that each is told once and its end is known.
CREATE TABLE alarm (
    alarm_key  text PRIMARY KEY,
    message    text NOT NULL,
    raised_at  timestamptz NOT NULL DEFAULT now(),
    told_at    timestamptz,
    cleared_at timestamptz
);

-- The newest revision of each feedback.
CREATE VIEW current_feedback AS
SELECT f.feedback_id, f.source, f.account, f.native_id, f.kind, f.product, f.author_id, a.person_id, f.url,
       f.parent_native_id, f.response_key, f.touchpoint, f.verified_purchase, f.created_at, f.created_precision,
       f.experienced_at, r.revision_id, r.number AS revision_number, r.state, r.title, r.text, r.copy_digest,
       r.language, r.raw_value, r.raw_min, r.raw_max, r.rating_1_5, r.nps_0_10, r.would_recommend,
       r.collected_at, r.withdrawn_at, r.fragment_digest, r.page_id, f.load_id AS first_load_id, r.load_id
FROM feedback f
JOIN revision r ON r.revision_id = f.current_revision_id
LEFT JOIN author a ON a.author_id = f.author_id;

-- Mentions of defects with the cell they count for: the part by its canonical name, empty for the whole product.
CREATE VIEW defect_mention AS
SELECT m.mention_id, m.lineage_id, m.revision_id, m.field, m.component, m.defect, m.evidence_start, m.evidence_end,
       m.confidence, f.product, coalesce(a.canonical, lower(coalesce(m.component, ''))) AS cell
FROM mention m
JOIN revision r ON r.revision_id = m.revision_id
JOIN feedback f ON f.feedback_id = r.feedback_id
LEFT JOIN component_alias a
    ON a.product = f.product AND a.defect = m.defect AND a.component = lower(coalesce(m.component, ''))
WHERE m.defect IS NOT NULL AND m.polarity <> 'pos';
