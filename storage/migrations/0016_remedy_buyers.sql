-- Buyers who may be told of a remedy: who was handed out for which channel, and who has been told.

SET LOCAL search_path = kundenecho;

CREATE TABLE remedy_export (
    export_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    remedy_id   bigint NOT NULL REFERENCES remedy ON DELETE CASCADE,
    product     text NOT NULL,
    channel     text NOT NULL CHECK (channel IN ('email', 'phone', 'post', 'sms')),
    form        text NOT NULL,
    done_by     text NOT NULL,
    exported_at timestamptz NOT NULL DEFAULT now(),
    buyers      integer NOT NULL CHECK (buyers >= 0)
);
CREATE INDEX remedy_export_remedy ON remedy_export (remedy_id);
CREATE TABLE remedy_export_buyer (
    export_id    bigint NOT NULL REFERENCES remedy_export ON DELETE CASCADE,
    customer_key keyed NOT NULL,
    PRIMARY KEY (export_id, customer_key)
);
CREATE INDEX remedy_export_buyer_key ON remedy_export_buyer (customer_key);
CREATE TABLE remedy_told (
    remedy_id    bigint NOT NULL REFERENCES remedy ON DELETE CASCADE,
    customer_key keyed NOT NULL,
    channel      text NOT NULL CHECK (channel IN ('email', 'phone', 'post', 'sms')),
    told_on      date NOT NULL,
    done_by      text NOT NULL,
    PRIMARY KEY (remedy_id, customer_key, channel)
);
CREATE INDEX remedy_told_key ON remedy_told (customer_key);

-- Whoever is erased is in no register of ours any more; the numbers of the exports stay.
CREATE FUNCTION forget_buyer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('kundenecho.purpose', true) = 'erase' THEN
        DELETE FROM remedy_told WHERE customer_key = OLD.customer_key;
        DELETE FROM remedy_export_buyer WHERE customer_key = OLD.customer_key;
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER customer_forget_buyer AFTER DELETE ON customer FOR EACH ROW EXECUTE FUNCTION forget_buyer();

-- Who has bought what, as far as orders know the customer; cancelled and returned orders are none.
CREATE VIEW known_buyer AS
SELECT c.customer_key, o.product, max(o.ordered_on) AS ordered_on
FROM customer_order o
JOIN customer c ON c.known_until IS NULL
    AND (c.customer_key = o.customer_key OR (o.customer_key IS NULL AND c.email_key = o.email_key))
WHERE o.known_until IS NULL AND o.quantity > 0 AND o.ordered_on <= current_date
    AND coalesce(o.state, '') !~* 'storn|cancel|annull|retour|return'
GROUP BY c.customer_key, o.product;

CREATE OR REPLACE VIEW lists.remedies WITH (security_barrier) AS
SELECT 'R' || y.remedy_id AS remedy_id, 'D' || c.defect_id AS defect_id, y.product, p.name AS product_name,
       coalesce(g.component_name, nullif(c.component, '')) AS component, y.defect, y.title,
       coalesce(y.text, (SELECT q.quote FROM lists.remedy_quotes q WHERE q.remedy_id = 'R' || y.remedy_id
                         ORDER BY q.rank LIMIT 1)) AS text,
       y.text IS NOT NULL AS own_words, y.steps, y.state,
       (SELECT e.done_by FROM remedy_event e WHERE e.remedy_id = y.remedy_id ORDER BY e.event_id LIMIT 1) AS author,
       y.created_at, o.done_by AS approved_by, o.done_at AS approved_at,
       (SELECT array_agg(x.channel ORDER BY x.published_on, x.channel) FROM remedy_publication x
        WHERE x.remedy_id = y.remedy_id AND x.ended_on IS NULL) AS channels,
       (SELECT min(x.published_on) FROM remedy_publication x WHERE x.remedy_id = y.remedy_id AND x.ended_on IS NULL)
           AS published_on,
       b.bought, b.bought_unit, w.verdict AS effect, w.weeks AS effect_weeks, w.observed AS effect_observed,
       w.expected AS effect_expected, w.expected_low AS effect_expected_low, w.expected_high AS effect_expected_high,
       w.ratio AS effect_ratio, w.ratio_low AS effect_ratio_low, w.ratio_high AS effect_ratio_high,
       w.weeks_needed AS effect_weeks_needed,
       (SELECT count(*) FROM remedy_return t WHERE t.remedy_id = y.remedy_id)::int AS returned,
       (SELECT count(DISTINCT t.customer_key) FROM remedy_told t WHERE t.remedy_id = y.remedy_id)::int AS told
FROM remedy y
JOIN remedy_cell c USING (remedy_id)
LEFT JOIN product p ON p.product = y.product
LEFT JOIN defect_figure g ON g.defect_id = c.defect_id
LEFT JOIN product_bought b ON b.product = y.product
LEFT JOIN remedy_effect w ON w.remedy_id = y.remedy_id AND w.part = 0
LEFT JOIN LATERAL (
    SELECT e.done_by, e.done_at FROM remedy_event e
    WHERE e.remedy_id = y.remedy_id AND e.action = 'approve' AND y.state IN ('approved', 'published')
    ORDER BY e.event_id DESC LIMIT 1
) o ON true;
COMMENT ON COLUMN lists.remedies.told IS 'Customers who have been told of it.';

CREATE VIEW lists.remedy_exports WITH (security_barrier) AS
SELECT 'E' || x.export_id AS export_id, 'R' || x.remedy_id AS remedy_id, x.product, x.channel, x.form, x.done_by,
       x.exported_at, x.buyers,
       (SELECT count(*) FROM remedy_export_buyer b
        JOIN remedy_told t ON (t.remedy_id, t.customer_key, t.channel) = (x.remedy_id, b.customer_key, x.channel)
        WHERE b.export_id = x.export_id)::int AS told
FROM remedy_export x;
COMMENT ON VIEW lists.remedy_exports IS 'Lists of buyers that were handed out, without their content.';
COMMENT ON COLUMN lists.remedy_exports.export_id IS 'E and a number.';
COMMENT ON COLUMN lists.remedy_exports.remedy_id IS 'Remedy of lists.remedies.';
COMMENT ON COLUMN lists.remedy_exports.product IS 'Whose buyers.';
COMMENT ON COLUMN lists.remedy_exports.channel IS 'email, phone, post or sms.';
COMMENT ON COLUMN lists.remedy_exports.form IS 'csv, json or xlsx.';
COMMENT ON COLUMN lists.remedy_exports.done_by IS 'Who.';
COMMENT ON COLUMN lists.remedy_exports.exported_at IS 'When.';
COMMENT ON COLUMN lists.remedy_exports.buyers IS 'How many buyers stood on it.';
COMMENT ON COLUMN lists.remedy_exports.told IS 'How many of them have been told since on that channel.';

REVOKE ALL ON FUNCTION forget_buyer() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_buyer() TO kundenecho_pipeline;
GRANT SELECT ON lists.remedies TO kundenecho_product, kundenecho_support, kundenecho_pipeline;
GRANT SELECT ON lists.remedy_exports TO kundenecho_product, kundenecho_operations, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON remedy_export, remedy_export_buyer, remedy_told TO kundenecho_pipeline;
GRANT SELECT ON known_buyer TO kundenecho_pipeline;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA kundenecho TO kundenecho_pipeline;
