-- What weekly surveillance and the comparison with sibling products say of a defect.

SET LOCAL search_path = kundenecho;

ALTER TABLE defect_figure
    ADD COLUMN rising_since      date,
    ADD COLUMN rising_since_low  date,
    ADD COLUMN rising_since_high date,
    ADD COLUMN rising_factor     double precision CHECK (rising_factor >= 0),
    -- The product has it more often than its siblings; null: not comparable.
    ADD COLUMN real              boolean,
    ADD COLUMN ic                double precision,
    ADD COLUMN ic_low            double precision,
    ADD COLUMN watch_observed    double precision,
    ADD COLUMN watch_expected    double precision,
    ADD COLUMN watch_window      integer,
    -- Monday of the last week that was closed when this was decided; all is judged again once another one closes.
    ADD COLUMN closed_week       date,
    ADD CHECK (rising_since BETWEEN rising_since_low AND rising_since_high);

CREATE OR REPLACE VIEW lists.defects WITH (security_barrier) AS
SELECT 'D' || d.defect_id AS defect_id, d.product, p.name AS product_name, g.component_name AS component, d.defect,
       g.persons, g.persons_exposed, g.mentions, g.reviews_of_product, g.rate, g.rate_low, g.rate_high, g.signal,
       g.first_seen, g.last_seen, g.evidence_needed,
       lists.quote(CASE x.field WHEN 'title' THEN r.title ELSE r.text END, x.fix_start, x.fix_end, r.state) AS fix_quote,
       'F' || r.feedback_id AS fix_feedback_id, g.decided_at, g.rising_since, g.rising_since_low, g.rising_since_high,
       g.rising_factor, g.real, g.ic_low, g.watch_observed, g.watch_expected, g.watch_window
FROM defect d
JOIN defect_figure g USING (defect_id)
JOIN product p ON p.product = d.product
LEFT JOIN fix x ON x.fix_id = g.fix_id
LEFT JOIN masked_revision r ON r.revision_id = x.revision_id;
COMMENT ON COLUMN lists.defects.rising_since IS 'Monday of the week since which it rises; null unless it is rising.';
COMMENT ON COLUMN lists.defects.rising_since_low IS 'Earliest week that the data allow for it, 95 %.';
COMMENT ON COLUMN lists.defects.rising_since_high IS 'Latest week that the data allow for it, 95 %.';
COMMENT ON COLUMN lists.defects.rising_factor IS 'Rate since then over the rate before; null where there was none before.';
COMMENT ON COLUMN lists.defects.real IS 'Whether the product has it more often than its sibling products; null: not comparable.';
COMMENT ON COLUMN lists.defects.ic_low IS 'Lower end of how much more often, as log2: 1 is twice as often; null: not comparable.';
COMMENT ON COLUMN lists.defects.watch_observed IS 'Persons who named it in the newest closed weeks, as many as watch_window; null if not watched.';
COMMENT ON COLUMN lists.defects.watch_expected IS 'Persons that the past lets expect in these weeks; null if not watched.';
COMMENT ON COLUMN lists.defects.watch_window IS 'Weeks counted together, 1 to 13, those that deviate most; null if not watched.';

-- Spelt out again for whoever reads only this file: the view keeps its readers, the table its writer.
GRANT SELECT ON lists.defects TO kundenecho_product, kundenecho_support, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON defect_figure TO kundenecho_pipeline;
