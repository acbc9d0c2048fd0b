-- One register of exports: lists of a remedy's buyers stand in it too, with what they add. Old rows are kept.

SET LOCAL search_path = kundenecho;

DROP VIEW lists.remedy_exports;

-- Before, such a list was written into both registers when it was handed out on the command line. The row that was written
-- for it within a minute becomes its number; for the others one is added, above all numbers that were ever printed.
CREATE TEMP TABLE moved ON COMMIT DROP AS
SELECT y.export_id AS former, CASE WHEN y.rank = 1 THEN y.number END AS number
FROM (
    SELECT x.export_id, r.export_id AS number, row_number() OVER (PARTITION BY r.export_id ORDER BY x.export_id) AS rank
    FROM remedy_export x
    LEFT JOIN LATERAL (
        SELECT e.export_id FROM export_register e
        WHERE e.kind = 'remedies-buyers' AND e.form = x.form AND e.items = x.buyers
          AND regexp_replace(e.filters ->> 'remedy', '\D', '', 'g') = x.remedy_id::text
          AND e.made_at BETWEEN x.exported_at AND x.exported_at + interval '1 minute'
        ORDER BY e.made_at, e.export_id LIMIT 1
    ) r ON true
) y;

SELECT setval(pg_get_serial_sequence('kundenecho.export_register', 'export_id'), max(number))
FROM (SELECT max(export_id) AS number FROM export_register UNION ALL SELECT max(export_id) FROM remedy_export) numbers
HAVING max(number) IS NOT NULL;

DO $$
DECLARE
    row    record;
    placed bigint;
BEGIN
    FOR row IN SELECT x.* FROM remedy_export x JOIN moved m ON m.former = x.export_id WHERE m.number IS NULL ORDER BY x.export_id LOOP
        INSERT INTO export_register (kind, made_by, way, form, items, made_at)
        VALUES ('remedies-buyers', row.done_by, 'command', row.form, row.buyers, row.exported_at) RETURNING export_id INTO placed;
        UPDATE moved SET number = placed WHERE former = row.export_id;
    END LOOP;
END $$;

UPDATE export_register e
SET made_by = x.done_by, made_at = x.exported_at,
    filters = jsonb_build_object('remedy', 'R' || x.remedy_id, 'product', x.product, 'channel', x.channel)
FROM remedy_export x JOIN moved m ON m.former = x.export_id
WHERE e.export_id = m.number;

INSERT INTO export_person (export_id, key)
SELECT m.number, b.customer_key FROM remedy_export_buyer b JOIN moved m ON m.former = b.export_id
ON CONFLICT DO NOTHING;
DROP TABLE remedy_export_buyer;

-- What such a list adds to the register. Its former number was printed, so it still names it.
ALTER TABLE remedy_export
    ALTER COLUMN export_id DROP IDENTITY,
    ADD COLUMN former_number bigint;
UPDATE remedy_export SET former_number = export_id;
-- By way of negative numbers, since each row is checked against those that have not moved yet.
UPDATE remedy_export x SET export_id = -m.number FROM moved m WHERE m.former = x.export_id;
UPDATE remedy_export SET export_id = -export_id;
ALTER TABLE remedy_export
    DROP COLUMN product, DROP COLUMN form, DROP COLUMN done_by, DROP COLUMN exported_at, DROP COLUMN buyers,
    ADD FOREIGN KEY (export_id) REFERENCES export_register ON DELETE CASCADE,
    ADD UNIQUE (former_number);

CREATE OR REPLACE FUNCTION forget_buyer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('kundenecho.purpose', true) = 'erase' THEN
        DELETE FROM remedy_told WHERE customer_key = OLD.customer_key;
        DELETE FROM export_person WHERE key = OLD.customer_key;
    END IF;
    RETURN OLD;
END $$;

CREATE VIEW lists.remedy_exports WITH (security_barrier) AS
SELECT 'E' || coalesce(x.former_number, x.export_id) AS export_id, 'R' || x.remedy_id AS remedy_id,
       e.filters ->> 'product' AS product, x.channel, e.form, e.made_by AS done_by, e.made_at AS exported_at,
       e.items AS buyers,
       (SELECT count(*) FROM export_person p
        JOIN remedy_told t ON (t.remedy_id, t.customer_key, t.channel) = (x.remedy_id, p.key, x.channel)
        WHERE p.export_id = x.export_id)::int AS told,
       x.export_id AS register_id
FROM remedy_export x JOIN export_register e USING (export_id);
COMMENT ON VIEW lists.remedy_exports IS 'Lists of buyers that were handed out, without their content; the part of lists.exports that remedies add to.';
COMMENT ON COLUMN lists.remedy_exports.export_id IS 'E and the number that was printed with it.';
COMMENT ON COLUMN lists.remedy_exports.remedy_id IS 'Remedy of lists.remedies.';
COMMENT ON COLUMN lists.remedy_exports.product IS 'Whose buyers.';
COMMENT ON COLUMN lists.remedy_exports.channel IS 'email, phone, post or sms.';
COMMENT ON COLUMN lists.remedy_exports.form IS 'csv, json or xlsx.';
COMMENT ON COLUMN lists.remedy_exports.done_by IS 'Who.';
COMMENT ON COLUMN lists.remedy_exports.exported_at IS 'When.';
COMMENT ON COLUMN lists.remedy_exports.buyers IS 'How many buyers stood on it.';
COMMENT ON COLUMN lists.remedy_exports.told IS 'How many of them have been told since on that channel.';
COMMENT ON COLUMN lists.remedy_exports.register_id IS 'Its number in lists.exports; the same as in export_id but for lists of before both were one.';
COMMENT ON COLUMN lists.exports.kind IS 'Which list, such as advocates, newsletter, remedies-buyers, seal or subject (what is held on one person).';

GRANT SELECT ON lists.remedy_exports TO kundenecho_product, kundenecho_operations, kundenecho_pipeline;
