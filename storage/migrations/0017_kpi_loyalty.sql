-- Key figures of the loyalty loop, from the stages that persons pass.

SET LOCAL search_path = kundenecho;

CREATE VIEW stage_entered AS
SELECT s.person_id, s.stage, lag(s.stage) OVER (PARTITION BY s.person_id ORDER BY s.number) AS before,
       lists.monday(s.since) AS week, f.product, f.source AS channel
FROM person_stage s LEFT JOIN revision r USING (revision_id) LEFT JOIN feedback f USING (feedback_id);

CREATE VIEW lists.kpi_loyalty WITH (security_barrier) AS
SELECT cell.week, cell.product, cell.channel, count(DISTINCT e.person_id)::int AS persons,
       (count(DISTINCT e.person_id) FILTER (WHERE e.stage = 'advocate'))::int AS advocates_gained,
       (count(DISTINCT e.person_id) FILTER (WHERE e.before = 'advocate' AND e.stage IN ('at_risk', 'lost')))::int
           AS advocates_lost,
       (count(DISTINCT e.person_id) FILTER (WHERE e.stage = 'lost'))::int AS customers_lost,
       (count(DISTINCT e.person_id) FILTER (WHERE e.stage = 'recovered'))::int AS customers_won_back
FROM stage_entered e CROSS JOIN LATERAL lists.cells(e.week, e.product, e.channel) AS cell
GROUP BY cell.week, cell.product, cell.channel;
COMMENT ON VIEW lists.kpi_loyalty IS 'The loyalty loop in figures: persons who came to a stage, each counted once in a cell. Weeks are those of what proves the stage; stages without a date count without a week only.';
COMMENT ON COLUMN lists.kpi_loyalty.week IS 'Monday of the week; null for all.';
COMMENT ON COLUMN lists.kpi_loyalty.product IS 'Product of what proves the stage; null for all.';
COMMENT ON COLUMN lists.kpi_loyalty.channel IS 'Source of what proves the stage; null for all.';
COMMENT ON COLUMN lists.kpi_loyalty.persons IS 'Persons who came to any stage.';
COMMENT ON COLUMN lists.kpi_loyalty.advocates_gained IS 'Persons who became advocates.';
COMMENT ON COLUMN lists.kpi_loyalty.advocates_lost IS 'Advocates who came to be at risk or were lost.';
COMMENT ON COLUMN lists.kpi_loyalty.customers_lost IS 'Persons who were lost.';
COMMENT ON COLUMN lists.kpi_loyalty.customers_won_back IS 'Persons who were won back.';

CREATE OR REPLACE VIEW lists.kpis WITH (security_barrier) AS
SELECT 'response_median' AS kpi, week, product, channel, cases AS n, median_hours AS value, NULL::double precision AS low,
       NULL::double precision AS high, 'hours' AS unit FROM lists.kpi_response_time
UNION ALL SELECT 'response_p90', week, product, channel, cases, p90_hours, NULL, NULL, 'hours' FROM lists.kpi_response_time
UNION ALL SELECT 'answered_in_time', week, product, channel, judged, in_time, in_time_low, in_time_high, 'share'
FROM lists.kpi_response_time
UNION ALL SELECT 'recovered', week, product, channel, cases, share, share_low, share_high, 'share' FROM lists.kpi_recovered
UNION ALL SELECT 'nps', week, product, channel, answers, nps, nps_low, nps_high, 'points' FROM lists.kpi_nps
UNION ALL SELECT 'conversion', week, NULL, channel, contacts, share, share_low, share_high, 'share' FROM lists.kpi_conversion
UNION ALL SELECT 'churn', week, NULL, channel, subscribed, share, share_low, share_high, 'share' FROM lists.kpi_churn
UNION ALL SELECT 'actions', week, product, channel, engagements, per_engagement, NULL, NULL, 'number' FROM lists.kpi_actions
UNION ALL SELECT 'customer_value', week, product, channel, customers, value_eur, NULL, NULL, 'eur' FROM lists.kpi_customer_value
UNION ALL SELECT 'customer_value_first_year', week, product, channel, customers_a_year, first_year_eur, NULL, NULL, 'eur'
FROM lists.kpi_customer_value
UNION ALL SELECT 'advocates_gained', week, product, channel, persons, advocates_gained, NULL, NULL, 'number' FROM lists.kpi_loyalty
UNION ALL SELECT 'advocates_lost', week, product, channel, persons, advocates_lost, NULL, NULL, 'number' FROM lists.kpi_loyalty
UNION ALL SELECT 'customers_lost', week, product, channel, persons, customers_lost, NULL, NULL, 'number' FROM lists.kpi_loyalty
UNION ALL SELECT 'customers_won_back', week, product, channel, persons, customers_won_back, NULL, NULL, 'number'
FROM lists.kpi_loyalty;
COMMENT ON COLUMN lists.kpis.kpi IS 'response_median, response_p90, answered_in_time, recovered, nps, conversion, churn, actions, customer_value, customer_value_first_year, advocates_gained, advocates_lost, customers_lost, customers_won_back.';
COMMENT ON COLUMN lists.kpis.n IS 'What the figure stands on: cases, answers, contacts, consents, engagements, customers or persons.';

GRANT SELECT ON lists.kpi_loyalty, lists.kpis TO kundenecho_marketing, kundenecho_support, kundenecho_pipeline;
GRANT SELECT ON stage_entered TO kundenecho_pipeline;
