-- Key figures, each with its definition. A row belongs to a cell: a week, a product, a channel, a week and one of the
-- two, or everything; null says "all". Weeks begin on Monday in UTC.

SET LOCAL search_path = kundenecho;

-- The cells that one observation counts for.
CREATE FUNCTION lists.cells(of_week date, of_product text, of_channel text)
RETURNS TABLE (week date, product text, channel text) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT c.week, c.product, c.channel
    FROM (VALUES (NULL::date, NULL::text, NULL::text, true),
                 (of_week, NULL, NULL, of_week IS NOT NULL),
                 (NULL, of_product, NULL, of_product IS NOT NULL),
                 (NULL, NULL, of_channel, of_channel IS NOT NULL),
                 (of_week, of_product, NULL, of_week IS NOT NULL AND of_product IS NOT NULL),
                 (of_week, NULL, of_channel, of_week IS NOT NULL AND of_channel IS NOT NULL)
         ) AS c (week, product, channel, there) WHERE c.there
$$;

-- One end of the 95 % interval of a share (Wilson, Journal of the American Statistical Association 22, 1927).
CREATE FUNCTION lists.wilson(hits bigint, trials bigint, upper_end boolean) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN trials > 0 THEN least(1, greatest(0,
        (hits + z * z / 2 + (CASE WHEN upper_end THEN z ELSE -z END)
            * sqrt(hits::double precision * (trials - hits) / trials + z * z / 4)) / (trials + z * z))) END
    FROM (SELECT 1.959963984540054::double precision AS z) AS normal
$$;

CREATE FUNCTION lists.monday(moment timestamptz) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT date_trunc('week', moment AT TIME ZONE 'UTC')::date
$$;

-- How long each case waited for its first answer; one without an answer until it was closed, else until now, and then
-- it is censored. Answers at an unknown time say nothing.
CREATE VIEW case_wait AS
SELECT c.case_id, lists.monday(c.opened_at) AS week, c.product, c.channel, c.answered_at IS NOT NULL AS answered,
       (extract(epoch FROM coalesce(c.answered_at, c.closed_at, now()) - c.opened_at) / 3600)::double precision AS hours,
       c.state = 'open' AS open, coalesce(c.answered_at, c.closed_at, now()) <= c.due_at AS in_time,
       c.answered_at IS NOT NULL OR (c.state <> 'closed' AND c.due_at < now()) AS judged
FROM case_file c
WHERE c.kind IN ('complaint', 'defect_report', 'question') AND c.answer_dated;

CREATE VIEW lists.kpi_response_time WITH (security_barrier) AS
WITH wait AS (
    SELECT cell.week, cell.product, cell.channel, w.answered, w.hours, w.open, w.in_time, w.judged
    FROM case_wait w CROSS JOIN LATERAL lists.cells(w.week, w.product, w.channel) AS cell
), step AS (
    SELECT week, product, channel, hours, count(*) FILTER (WHERE answered) AS answers,
           sum(count(*)) OVER (PARTITION BY week, product, channel ORDER BY hours DESC) AS at_risk
    FROM wait GROUP BY week, product, channel, hours
), survival AS (
    SELECT week, product, channel, hours,
           CASE WHEN bool_or(answers = at_risk) OVER earlier THEN 0
                ELSE exp(sum(CASE WHEN answers < at_risk THEN ln(1 - answers / at_risk) ELSE 0 END) OVER earlier) END AS waiting
    FROM step WHERE answers > 0 WINDOW earlier AS (PARTITION BY week, product, channel ORDER BY hours)
), percentile AS (
    SELECT week, product, channel, min(hours) FILTER (WHERE waiting <= 0.5 + 1e-9) AS median_hours,
           min(hours) FILTER (WHERE waiting <= 0.1 + 1e-9) AS p90_hours
    FROM survival GROUP BY week, product, channel
), counted AS (
    SELECT week, product, channel, count(*) AS cases, count(*) FILTER (WHERE answered) AS answered,
           count(*) FILTER (WHERE open) AS open, count(*) FILTER (WHERE judged) AS judged,
           count(*) FILTER (WHERE judged AND in_time) AS in_time
    FROM wait GROUP BY week, product, channel
)
SELECT c.week, c.product, c.channel, c.cases::int, c.answered::int, c.open::int, p.median_hours, p.p90_hours,
       c.judged::int, c.in_time::double precision / nullif(c.judged, 0) AS in_time,
       lists.wilson(c.in_time, c.judged, false) AS in_time_low, lists.wilson(c.in_time, c.judged, true) AS in_time_high
FROM counted c LEFT JOIN percentile p
    ON (p.week, p.product, p.channel) IS NOT DISTINCT FROM (c.week, c.product, c.channel);
COMMENT ON VIEW lists.kpi_response_time IS 'Response time to complaints, reports of defects and questions: hours from when a case came to its first answer, by the product-limit estimator of Kaplan and Meier (JASA 53, 1958). Cases without an answer count as waiting until they were closed, else until now; answers at an unknown time are left out.';
COMMENT ON COLUMN lists.kpi_response_time.week IS 'Monday of the week in which the cases came; null for all.';
COMMENT ON COLUMN lists.kpi_response_time.product IS 'Product; null for all.';
COMMENT ON COLUMN lists.kpi_response_time.channel IS 'Source of the feedback; null for all.';
COMMENT ON COLUMN lists.kpi_response_time.cases IS 'Cases.';
COMMENT ON COLUMN lists.kpi_response_time.answered IS 'Cases with an answer.';
COMMENT ON COLUMN lists.kpi_response_time.open IS 'Cases that are open now.';
COMMENT ON COLUMN lists.kpi_response_time.median_hours IS 'Smallest time within which at least half are answered; null while it is not known.';
COMMENT ON COLUMN lists.kpi_response_time.p90_hours IS 'Smallest time within which at least nine of ten are answered; null while it is not known.';
COMMENT ON COLUMN lists.kpi_response_time.judged IS 'Cases that are answered, or whose due time has passed without an answer.';
COMMENT ON COLUMN lists.kpi_response_time.in_time IS 'Share of the judged cases that were answered by their due time, 0 to 1.';
COMMENT ON COLUMN lists.kpi_response_time.in_time_low IS 'Lower end of its 95 % Wilson interval.';
COMMENT ON COLUMN lists.kpi_response_time.in_time_high IS 'Upper end of its 95 % Wilson interval.';

CREATE VIEW lists.kpi_recovered WITH (security_barrier) AS
SELECT cell.week, cell.product, cell.channel, count(*)::int AS cases, (count(*) FILTER (WHERE c.outcome = 'recovered'))::int AS recovered,
       (count(*) FILTER (WHERE c.outcome = 'recovered'))::double precision / count(*) AS share,
       lists.wilson(count(*) FILTER (WHERE c.outcome = 'recovered'), count(*), false) AS share_low,
       lists.wilson(count(*) FILTER (WHERE c.outcome = 'recovered'), count(*), true) AS share_high
FROM case_file c CROSS JOIN LATERAL lists.cells(lists.monday(c.opened_at), c.product, c.channel) AS cell
WHERE c.kind IN ('complaint', 'defect_report') GROUP BY cell.week, cell.product, cell.channel;
COMMENT ON VIEW lists.kpi_recovered IS 'Share of unhappy customers won back: complaints and reports of defects that the customer''s own later praise closed, over all of them.';
COMMENT ON COLUMN lists.kpi_recovered.week IS 'Monday of the week in which the cases came; null for all.';
COMMENT ON COLUMN lists.kpi_recovered.product IS 'Product; null for all.';
COMMENT ON COLUMN lists.kpi_recovered.channel IS 'Source of the feedback; null for all.';
COMMENT ON COLUMN lists.kpi_recovered.cases IS 'Complaints and reports of defects.';
COMMENT ON COLUMN lists.kpi_recovered.recovered IS 'Those closed by later praise.';
COMMENT ON COLUMN lists.kpi_recovered.share IS 'recovered over cases, 0 to 1; young cases have had little time.';
COMMENT ON COLUMN lists.kpi_recovered.share_low IS 'Lower end of its 95 % Wilson interval.';
COMMENT ON COLUMN lists.kpi_recovered.share_high IS 'Upper end of its 95 % Wilson interval.';

CREATE VIEW lists.kpi_nps WITH (security_barrier) AS
WITH answer AS (
    SELECT DISTINCT ON (c.source, c.account, coalesce(c.response_key, c.feedback_id::text))
           lists.monday(c.created_at) AS week, c.product, c.source AS channel, c.nps_0_10
    FROM current_feedback c WHERE c.nps_0_10 IS NOT NULL AND c.state = 'published'
    ORDER BY c.source, c.account, coalesce(c.response_key, c.feedback_id::text), c.feedback_id
), counted AS (
    SELECT cell.week, cell.product, cell.channel, count(*)::int AS answers,
           (count(*) FILTER (WHERE nps_0_10 >= 9))::int AS promoters, (count(*) FILTER (WHERE nps_0_10 <= 6))::int AS detractors
    FROM answer a CROSS JOIN LATERAL lists.cells(a.week, a.product, a.channel) AS cell
    GROUP BY cell.week, cell.product, cell.channel
), adjusted AS (
    SELECT *, (promoters - detractors) / (answers + 3)::double precision AS centre,
           (promoters + detractors + 1.5) / (answers + 3)::double precision AS extremes
    FROM counted
)
SELECT week, product, channel, answers, promoters, detractors,
       100.0::double precision * (promoters - detractors) / answers AS nps,
       100 * greatest(-1, centre - 1.959963984540054 * sqrt((extremes - centre * centre) / (answers + 3))) AS nps_low,
       100 * least(1, centre + 1.959963984540054 * sqrt((extremes - centre * centre) / (answers + 3))) AS nps_high
FROM adjusted;
COMMENT ON VIEW lists.kpi_nps IS 'Net Promoter Score: percent of answers 9 and 10 less percent of answers 0 to 6, a survey response counted once. Its 95 % interval is the adjusted Wald one (Rocks, The American Statistician 70, 2016): three answers are added, a quarter of them promoters, a quarter detractors.';
COMMENT ON COLUMN lists.kpi_nps.week IS 'Monday of the week of the answers; null for all.';
COMMENT ON COLUMN lists.kpi_nps.product IS 'Product; null for all.';
COMMENT ON COLUMN lists.kpi_nps.channel IS 'Source; null for all.';
COMMENT ON COLUMN lists.kpi_nps.answers IS 'Answers.';
COMMENT ON COLUMN lists.kpi_nps.promoters IS 'Answers of 9 and 10.';
COMMENT ON COLUMN lists.kpi_nps.detractors IS 'Answers of 0 to 6.';
COMMENT ON COLUMN lists.kpi_nps.nps IS '-100 to 100.';
COMMENT ON COLUMN lists.kpi_nps.nps_low IS 'Lower end of the 95 % interval.';
COMMENT ON COLUMN lists.kpi_nps.nps_high IS 'Upper end of the 95 % interval.';

-- Orders and contacts under one name of their customer: the customer number, by the e-mail address where only that is
-- told and exactly one customer has it, else the address.
CREATE VIEW customer_by_email AS
SELECT email_key, min(customer_key) AS customer_key FROM customer
WHERE known_until IS NULL AND email_key IS NOT NULL GROUP BY email_key HAVING count(*) = 1;

CREATE VIEW order_of AS
SELECT coalesce(o.customer_key, c.customer_key, o.email_key) AS subject, o.order_key, o.product, o.ordered_on, o.channel,
       coalesce(o.amount_eur, 0) AS amount_eur, o.amount_eur IS NOT NULL AS priced
FROM customer_order o LEFT JOIN customer_by_email c ON c.email_key = o.email_key
WHERE o.known_until IS NULL AND coalesce(o.customer_key, o.email_key) IS NOT NULL;

CREATE VIEW contact_of AS
SELECT coalesce(k.customer_key, c.customer_key, k.email_key) AS subject, k.contacted_on, nullif(k.channel, '') AS channel
FROM contact k LEFT JOIN customer_by_email c ON c.email_key = k.email_key WHERE k.known_until IS NULL;

CREATE VIEW unsubscribe_of AS
SELECT coalesce(u.customer_key, c.customer_key, u.email_key) AS subject, u.channel, u.unsubscribed_at
FROM unsubscribe u LEFT JOIN customer_by_email c ON c.email_key = u.email_key WHERE u.known_until IS NULL;

CREATE VIEW lists.kpi_conversion WITH (security_barrier) AS
WITH ripe AS (
    SELECT date_trunc('week', k.contacted_on)::date AS week, k.channel,
           EXISTS (SELECT FROM order_of o WHERE o.subject = k.subject
                   AND o.ordered_on > k.contacted_on AND o.ordered_on <= k.contacted_on + 30) AS bought
    FROM contact_of k WHERE k.contacted_on <= current_date - 30
)
SELECT cell.week, cell.channel, count(*)::int AS contacts, (count(*) FILTER (WHERE bought))::int AS converted,
       (count(*) FILTER (WHERE bought))::double precision / count(*) AS share,
       lists.wilson(count(*) FILTER (WHERE bought), count(*), false) AS share_low,
       lists.wilson(count(*) FILTER (WHERE bought), count(*), true) AS share_high
FROM ripe CROSS JOIN LATERAL lists.cells(ripe.week, NULL, ripe.channel) AS cell GROUP BY cell.week, cell.channel;
COMMENT ON VIEW lists.kpi_conversion IS 'Conversion of contacts: share of the contacts after which the same customer ordered something on one of the next 30 days. Contacts of the last 30 days are left out, since theirs are not over. Whether the contact was the reason nobody knows.';
COMMENT ON COLUMN lists.kpi_conversion.week IS 'Monday of the week of the contacts; null for all.';
COMMENT ON COLUMN lists.kpi_conversion.channel IS 'Channel of the contacts; null for all.';
COMMENT ON COLUMN lists.kpi_conversion.contacts IS 'Contacts that are at least 30 days old.';
COMMENT ON COLUMN lists.kpi_conversion.converted IS 'Those that were followed by an order.';
COMMENT ON COLUMN lists.kpi_conversion.share IS 'converted over contacts, 0 to 1.';
COMMENT ON COLUMN lists.kpi_conversion.share_low IS 'Lower end of its 95 % Wilson interval.';
COMMENT ON COLUMN lists.kpi_conversion.share_high IS 'Upper end of its 95 % Wilson interval.';

CREATE VIEW lists.kpi_churn WITH (security_barrier) AS
WITH subscription AS (
    SELECT c.channel, lists.monday(c.given_at) AS begins, lists.monday(least(CASE WHEN c.withdrawn_at <= now() THEN c.withdrawn_at END, min(u.unsubscribed_at))) AS ends
    FROM consent c
    LEFT JOIN customer_by_email m ON m.email_key = c.email_key
    LEFT JOIN unsubscribe_of u ON u.subject = coalesce(c.customer_key, m.customer_key, c.email_key)
        AND u.channel IN ('all', c.channel) AND u.unsubscribed_at BETWEEN c.given_at AND now()
    WHERE c.known_until IS NULL AND c.given_at <= now()
    GROUP BY c.subject_key, c.channel, c.given_at, c.withdrawn_at
), flow AS (
    SELECT week, channel, sum(came) AS came, sum(went) AS went FROM (
        SELECT begins AS week, channel, 1 AS came, 0 AS went FROM subscription
        UNION ALL SELECT ends, channel, 0, 1 FROM subscription WHERE ends IS NOT NULL
    ) moves GROUP BY GROUPING SETS ((week, channel), (week))
), stock AS (
    SELECT week, channel, went::bigint AS went,
           (sum(came) OVER past - sum(went) OVER past + went)::bigint AS subscribed
    FROM flow WINDOW past AS (PARTITION BY channel ORDER BY week)
), whole AS (
    SELECT channel, count(ends) AS went, count(*) AS subscribed FROM subscription GROUP BY GROUPING SETS ((channel), ())
), cell AS (
    SELECT week, channel, subscribed, went FROM stock
    UNION ALL SELECT NULL, channel, subscribed, went FROM whole WHERE subscribed > 0
)
SELECT week, channel, subscribed::int, went::int AS unsubscribed, went::double precision / subscribed AS share,
       lists.wilson(went, subscribed, false) AS share_low, lists.wilson(went, subscribed, true) AS share_high
FROM cell;
COMMENT ON VIEW lists.kpi_churn IS 'Churn of subscribers: consents to be contacted that were withdrawn or unsubscribed in a week, over those that held at its beginning or were given in it. Without a week: all that ever ended over all that were ever given. Weeks in which nobody came or went are left out.';
COMMENT ON COLUMN lists.kpi_churn.week IS 'Monday of the week; null for all.';
COMMENT ON COLUMN lists.kpi_churn.channel IS 'Channel of the consent; null for all.';
COMMENT ON COLUMN lists.kpi_churn.subscribed IS 'Consents that held at the beginning of the week or were given in it.';
COMMENT ON COLUMN lists.kpi_churn.unsubscribed IS 'Those that ended in the week.';
COMMENT ON COLUMN lists.kpi_churn.share IS 'unsubscribed over subscribed, 0 to 1.';
COMMENT ON COLUMN lists.kpi_churn.share_low IS 'Lower end of its 95 % Wilson interval.';
COMMENT ON COLUMN lists.kpi_churn.share_high IS 'Upper end of its 95 % Wilson interval.';

-- What we did: a contact of the list, or an answer to a case. What followed: orders, and feedback of the same person.
CREATE VIEW engagement AS
SELECT 'contact' AS kind, k.subject, NULL::bigint AS person_id, NULL::text AS product, k.channel,
       k.contacted_on::timestamptz AS at
FROM contact_of k
UNION ALL
SELECT 'answer', NULL, a.person_id, c.product, c.channel, c.answered_at
FROM case_file c JOIN feedback f USING (feedback_id) JOIN author a USING (author_id)
WHERE c.answered_at IS NOT NULL AND c.answer_dated;

CREATE VIEW lists.kpi_actions WITH (security_barrier) AS
WITH ripe AS (
    SELECT e.product, e.channel, lists.monday(e.at) AS week,
           (SELECT count(DISTINCT o.order_key) FROM order_of o WHERE o.subject = e.subject
             AND o.ordered_on > e.at::date AND o.ordered_on <= e.at::date + 30)
         + (SELECT count(DISTINCT o.order_key) FROM author b JOIN author_identifier i USING (author_id)
            JOIN order_of o ON (i.kind = 'customer' AND o.subject = i.key) OR (i.kind = 'email' AND o.subject = i.key)
            WHERE b.person_id = e.person_id AND o.ordered_on > e.at::date AND o.ordered_on <= e.at::date + 30)
         + (SELECT count(DISTINCT f.feedback_id) FROM author_identifier i JOIN feedback f USING (author_id)
            WHERE i.key = e.subject AND i.kind IN ('customer', 'email')
              AND f.created_at > e.at AND f.created_at <= e.at + interval '30 days')
         + (SELECT count(*) FROM author b JOIN feedback f USING (author_id) WHERE b.person_id = e.person_id
             AND f.created_at > e.at AND f.created_at <= e.at + interval '30 days') AS actions
    FROM engagement e WHERE e.at <= now() - interval '30 days'
)
SELECT cell.week, cell.product, cell.channel, count(*)::int AS engagements, sum(actions)::int AS actions,
       sum(actions)::double precision / count(*) AS per_engagement
FROM ripe CROSS JOIN LATERAL lists.cells(ripe.week, ripe.product, ripe.channel) AS cell
GROUP BY cell.week, cell.product, cell.channel;
COMMENT ON VIEW lists.kpi_actions IS 'Actions per engagement: orders and further feedback of the same customer in the 30 days after we turned to somebody (a contact of the list, or an answer to a case), per such engagement. Engagements of the last 30 days are left out.';
COMMENT ON COLUMN lists.kpi_actions.week IS 'Monday of the week of the engagements; null for all.';
COMMENT ON COLUMN lists.kpi_actions.product IS 'Product of the case; null for all. Contacts have none.';
COMMENT ON COLUMN lists.kpi_actions.channel IS 'Channel of the contact, source of the case; null for all.';
COMMENT ON COLUMN lists.kpi_actions.engagements IS 'Contacts and answers that are at least 30 days old.';
COMMENT ON COLUMN lists.kpi_actions.actions IS 'Orders and feedback that followed within 30 days.';
COMMENT ON COLUMN lists.kpi_actions.per_engagement IS 'actions over engagements.';

CREATE VIEW lists.kpi_customer_value WITH (security_barrier) AS
WITH first_order AS (
    SELECT DISTINCT ON (subject) subject, ordered_on AS first_on, product, channel FROM order_of
    ORDER BY subject, ordered_on, order_key, product
), worth AS (
    SELECT f.subject, f.first_on, f.product, f.channel, count(DISTINCT o.order_key) AS orders, sum(o.amount_eur) AS revenue,
           sum(o.amount_eur) FILTER (WHERE o.ordered_on < f.first_on + 365) AS first_year, bool_and(o.priced) AS priced
    FROM first_order f JOIN order_of o USING (subject) GROUP BY f.subject, f.first_on, f.product, f.channel
)
SELECT cell.week, cell.product, cell.channel, count(*)::int AS customers, sum(w.orders)::int AS orders,
       avg(w.revenue)::double precision AS value_eur,
       (percentile_cont(0.5) WITHIN GROUP (ORDER BY w.revenue::double precision)) AS median_eur,
       (count(*) FILTER (WHERE w.first_on <= current_date - 365))::int AS customers_a_year,
       (avg(w.first_year) FILTER (WHERE w.first_on <= current_date - 365))::double precision AS first_year_eur
FROM worth w CROSS JOIN LATERAL lists.cells(date_trunc('week', w.first_on)::date, w.product, w.channel) AS cell
WHERE w.priced GROUP BY cell.week, cell.product, cell.channel;
COMMENT ON VIEW lists.kpi_customer_value IS 'Customer lifetime value as realised so far: the sum of a customer''s orders, averaged over the customers; customers with an order without an amount are left out. It is revenue, not margin, and no forecast. first_year_eur compares cohorts fairly: the orders of the first 365 days, of customers whose first order is that old.';
COMMENT ON COLUMN lists.kpi_customer_value.week IS 'Monday of the week of the first order; null for all.';
COMMENT ON COLUMN lists.kpi_customer_value.product IS 'Product of the first order; null for all.';
COMMENT ON COLUMN lists.kpi_customer_value.channel IS 'Channel of the first order; null for all.';
COMMENT ON COLUMN lists.kpi_customer_value.customers IS 'Customers with an order.';
COMMENT ON COLUMN lists.kpi_customer_value.orders IS 'Their orders.';
COMMENT ON COLUMN lists.kpi_customer_value.value_eur IS 'Mean of what a customer ordered so far, in euros.';
COMMENT ON COLUMN lists.kpi_customer_value.median_eur IS 'Median of it.';
COMMENT ON COLUMN lists.kpi_customer_value.customers_a_year IS 'Customers whose first order is at least 365 days old.';
COMMENT ON COLUMN lists.kpi_customer_value.first_year_eur IS 'Mean of what these ordered in their first 365 days.';

CREATE VIEW lists.kpis WITH (security_barrier) AS
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
FROM lists.kpi_customer_value;
COMMENT ON VIEW lists.kpis IS 'All key figures in one shape; the views kpi_… define them and have more columns.';
COMMENT ON COLUMN lists.kpis.kpi IS 'response_median, response_p90, answered_in_time, recovered, nps, conversion, churn, actions, customer_value, customer_value_first_year.';
COMMENT ON COLUMN lists.kpis.week IS 'Monday of the week; null for all.';
COMMENT ON COLUMN lists.kpis.product IS 'Product; null for all.';
COMMENT ON COLUMN lists.kpis.channel IS 'Channel or source; null for all.';
COMMENT ON COLUMN lists.kpis.n IS 'What the figure stands on: cases, answers, contacts, consents, engagements or customers.';
COMMENT ON COLUMN lists.kpis.value IS 'The figure; null while it is not known.';
COMMENT ON COLUMN lists.kpis.low IS 'Lower end of its 95 % interval; null where there is none.';
COMMENT ON COLUMN lists.kpis.high IS 'Upper end of its 95 % interval; null where there is none.';
COMMENT ON COLUMN lists.kpis.unit IS 'hours, share (0 to 1), points (-100 to 100), number or eur.';

REVOKE ALL ON FUNCTION lists.cells(date, text, text), lists.wilson(bigint, bigint, boolean), lists.monday(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lists.cells(date, text, text), lists.wilson(bigint, bigint, boolean), lists.monday(timestamptz)
    TO kundenecho_marketing, kundenecho_product, kundenecho_support, kundenecho_operations, kundenecho_pipeline;
GRANT SELECT ON lists.kpi_response_time, lists.kpi_recovered, lists.kpi_nps, lists.kpi_conversion, lists.kpi_churn,
    lists.kpi_actions, lists.kpi_customer_value, lists.kpis TO kundenecho_marketing, kundenecho_support, kundenecho_pipeline;
GRANT SELECT ON lists.kpi_response_time, lists.kpi_recovered, lists.kpi_nps TO kundenecho_product;
GRANT SELECT ON case_wait, customer_by_email, order_of, contact_of, unsubscribe_of, engagement TO kundenecho_pipeline;
