-- The company's own lists: customers, orders, consents, contacts, sales, unsubscribes.
--
-- A row is never changed. A newer version of it ends the older one (known_until) and stands beside it, so that
-- one can say what was known when: known_from <= t AND (known_until IS NULL OR known_until > t). What is known now
-- has no known_until.

SET LOCAL search_path = kundenecho;

-- A keyed identifier, as in author_identifier.
CREATE DOMAIN keyed AS text CHECK (VALUE ~ '^[a-z0-9]{1,16}:[0-9a-f]{32}$');

-- One row per imported file; its transaction carries the rows. A file that was imported before and brings nothing
-- new leaves none.
CREATE TABLE list_import (
    import_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id      bigint REFERENCES run,
    kind        text NOT NULL CHECK (kind IN ('customers', 'orders', 'consents', 'contacts', 'sales', 'unsubscribes')),
    file        text NOT NULL,
    digest      text NOT NULL,
    items       integer NOT NULL,
    new         integer NOT NULL,
    revised     integer NOT NULL,
    unchanged   integer NOT NULL,
    rejected    integer NOT NULL,
    imported_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX list_import_digest ON list_import (kind, digest);

-- The one table with names and addresses in clear, and only of customers whom the company imported itself.
CREATE TABLE customer (
    customer_key   keyed NOT NULL,
    email_key      keyed,
    phone_key      keyed,
    name           text,
    email          text,
    phone          text,
    city           text,
    postcode       text,
    country        text NOT NULL,
    segment        text,
    language       text,
    value_eur      numeric(14, 2),
    customer_since date,
    import_id      bigint NOT NULL REFERENCES list_import,
    known_from     timestamptz NOT NULL DEFAULT now(),
    known_until    timestamptz CHECK (known_until > known_from),
    PRIMARY KEY (customer_key, known_from)
);
CREATE UNIQUE INDEX customer_known ON customer (customer_key) WHERE known_until IS NULL;
CREATE INDEX customer_email ON customer (email_key) WHERE known_until IS NULL;
CREATE INDEX customer_phone ON customer (phone_key) WHERE known_until IS NULL;

-- One product of one order. The product need not be known from feedback.
CREATE TABLE customer_order (
    order_key    keyed NOT NULL,
    customer_key keyed,
    email_key    keyed,
    product      text NOT NULL,
    quantity     bigint NOT NULL,
    ordered_on   date NOT NULL,
    amount_eur   numeric(14, 2),
    channel      text,
    state        text,
    import_id    bigint NOT NULL REFERENCES list_import,
    known_from   timestamptz NOT NULL DEFAULT now(),
    known_until  timestamptz CHECK (known_until > known_from),
    PRIMARY KEY (order_key, product, known_from)
);
CREATE UNIQUE INDEX customer_order_known ON customer_order (order_key, product) WHERE known_until IS NULL;
CREATE INDEX customer_order_customer ON customer_order (customer_key) WHERE known_until IS NULL;
CREATE INDEX customer_order_email ON customer_order (email_key) WHERE known_until IS NULL;
CREATE INDEX customer_order_product ON customer_order (product, ordered_on) WHERE known_until IS NULL;

-- A withdrawal stays, whatever is imported later.
CREATE TABLE consent (
    subject_key  text NOT NULL GENERATED ALWAYS AS (coalesce(customer_key, email_key)) STORED,
    customer_key keyed,
    email_key    keyed,
    channel      text NOT NULL CHECK (channel IN ('email', 'phone', 'post', 'sms')),
    given_at     timestamptz NOT NULL,
    confirmed_at timestamptz,
    withdrawn_at timestamptz,
    wording      text,
    proof        text,
    source_ref   text,
    import_id    bigint NOT NULL REFERENCES list_import,
    known_from   timestamptz NOT NULL DEFAULT now(),
    known_until  timestamptz CHECK (known_until > known_from),
    PRIMARY KEY (subject_key, channel, given_at, known_from)
);
CREATE UNIQUE INDEX consent_known ON consent (subject_key, channel, given_at) WHERE known_until IS NULL;
CREATE INDEX consent_email ON consent (email_key) WHERE known_until IS NULL;

CREATE TABLE contact (
    subject_key  text NOT NULL GENERATED ALWAYS AS (coalesce(customer_key, email_key)) STORED,
    customer_key keyed,
    email_key    keyed,
    channel      text NOT NULL CHECK (channel IN ('', 'email', 'phone', 'post', 'sms', 'other')),
    contacted_on date NOT NULL,
    occasion     text NOT NULL,
    outcome      text,
    import_id    bigint NOT NULL REFERENCES list_import,
    known_from   timestamptz NOT NULL DEFAULT now(),
    known_until  timestamptz CHECK (known_until > known_from),
    PRIMARY KEY (subject_key, contacted_on, channel, occasion, known_from)
);
CREATE UNIQUE INDEX contact_known ON contact (subject_key, contacted_on, channel, occasion) WHERE known_until IS NULL;
CREATE INDEX contact_email ON contact (email_key) WHERE known_until IS NULL;

CREATE TABLE sale (
    product     text NOT NULL,
    month       date NOT NULL CHECK (extract(day FROM month) = 1),
    units       bigint NOT NULL,
    country     text NOT NULL,
    channel     text NOT NULL,
    import_id   bigint NOT NULL REFERENCES list_import,
    known_from  timestamptz NOT NULL DEFAULT now(),
    known_until timestamptz CHECK (known_until > known_from),
    PRIMARY KEY (product, month, country, channel, known_from)
);
CREATE UNIQUE INDEX sale_known ON sale (product, month, country, channel) WHERE known_until IS NULL;

CREATE TABLE unsubscribe (
    subject_key     text NOT NULL GENERATED ALWAYS AS (coalesce(customer_key, email_key)) STORED,
    customer_key    keyed,
    email_key       keyed,
    channel         text NOT NULL CHECK (channel IN ('all', 'email', 'phone', 'post', 'sms')),
    unsubscribed_at timestamptz NOT NULL,
    reason          text,
    import_id       bigint NOT NULL REFERENCES list_import,
    known_from      timestamptz NOT NULL DEFAULT now(),
    known_until     timestamptz CHECK (known_until > known_from),
    PRIMARY KEY (subject_key, channel, unsubscribed_at, known_from)
);
CREATE UNIQUE INDEX unsubscribe_known ON unsubscribe (subject_key, channel, unsubscribed_at) WHERE known_until IS NULL;
CREATE INDEX unsubscribe_email ON unsubscribe (email_key) WHERE known_until IS NULL;

-- Rows may be ended, and erased with their person (announced by a setting that lasts for the transaction). A column
-- that is computed has no value yet when this looks at the new row.
CREATE FUNCTION list_row_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF current_setting('kundenecho.purpose', true) = 'erase' THEN
            RETURN OLD;
        END IF;
    ELSIF OLD.known_until IS NULL AND NEW.known_until IS NOT NULL
        AND to_jsonb(NEW) - ARRAY['known_until', 'subject_key'] = to_jsonb(OLD) - ARRAY['known_until', 'subject_key'] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of the table % are append-only', TG_TABLE_NAME
        USING HINT = 'End the row by known_until and write a newer one; the erasure step deletes.';
END $$;
CREATE TRIGGER customer_append_only BEFORE UPDATE OR DELETE ON customer
    FOR EACH ROW EXECUTE FUNCTION list_row_is_append_only();
CREATE TRIGGER customer_order_append_only BEFORE UPDATE OR DELETE ON customer_order
    FOR EACH ROW EXECUTE FUNCTION list_row_is_append_only();
CREATE TRIGGER consent_append_only BEFORE UPDATE OR DELETE ON consent
    FOR EACH ROW EXECUTE FUNCTION list_row_is_append_only();
CREATE TRIGGER contact_append_only BEFORE UPDATE OR DELETE ON contact
    FOR EACH ROW EXECUTE FUNCTION list_row_is_append_only();
CREATE TRIGGER sale_append_only BEFORE UPDATE OR DELETE ON sale
    FOR EACH ROW EXECUTE FUNCTION list_row_is_append_only();
CREATE TRIGGER unsubscribe_append_only BEFORE UPDATE OR DELETE ON unsubscribe
    FOR EACH ROW EXECUTE FUNCTION list_row_is_append_only();

-- Which identifiers belong together, as far as the company's lists say so now.
CREATE VIEW known_identity AS
SELECT customer_key, email_key, phone_key, NULL::keyed AS order_key FROM customer WHERE known_until IS NULL
UNION ALL
SELECT customer_key, email_key, NULL, order_key FROM customer_order WHERE known_until IS NULL;

CREATE VIEW lists.company_lists WITH (security_barrier) AS
SELECT import_id, kind, file, items, new, revised, unchanged, rejected, imported_at, run_id FROM list_import;
COMMENT ON VIEW lists.company_lists IS 'Imported files of the company''s own lists; without their content.';
COMMENT ON COLUMN lists.company_lists.import_id IS 'Number of the import.';
COMMENT ON COLUMN lists.company_lists.kind IS 'customers, orders, consents, contacts, sales or unsubscribes.';
COMMENT ON COLUMN lists.company_lists.file IS 'Name of the file.';
COMMENT ON COLUMN lists.company_lists.items IS 'Rows of the file that were read.';
COMMENT ON COLUMN lists.company_lists.new IS 'Rows that were not known before.';
COMMENT ON COLUMN lists.company_lists.revised IS 'Rows that were known with other values.';
COMMENT ON COLUMN lists.company_lists.unchanged IS 'Rows that were known as they are.';
COMMENT ON COLUMN lists.company_lists.rejected IS 'Rows that were refused, see lists.rejections.';
COMMENT ON COLUMN lists.company_lists.imported_at IS 'When.';
COMMENT ON COLUMN lists.company_lists.run_id IS 'Run of lists.runs.';

CREATE VIEW lists.sales WITH (security_barrier) AS
SELECT product, month, sum(units)::bigint AS units FROM sale WHERE known_until IS NULL GROUP BY product, month;
COMMENT ON VIEW lists.sales IS 'Units sold of each product, by month, as imported last; all countries and channels together.';
COMMENT ON COLUMN lists.sales.product IS 'Product as the list of sales names it.';
COMMENT ON COLUMN lists.sales.month IS 'First day of the month.';
COMMENT ON COLUMN lists.sales.units IS 'Units sold.';

REVOKE ALL ON FUNCTION list_row_is_append_only() FROM PUBLIC;
GRANT SELECT ON lists.company_lists TO kundenecho_operations, kundenecho_pipeline;
GRANT SELECT ON lists.sales TO kundenecho_product, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON list_import, customer, customer_order, consent, contact, sale, unsubscribe
    TO kundenecho_pipeline;
GRANT SELECT ON known_identity TO kundenecho_pipeline;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA kundenecho TO kundenecho_pipeline;
