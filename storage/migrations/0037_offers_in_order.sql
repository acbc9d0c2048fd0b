-- Offers: the first page of a long list costs as much as that of a short one.

SET LOCAL search_path = kundenecho;

-- Customers who could have a basis for being contacted at all, without regard to channels, time and conditions: a
-- superset of those whom contact_answer allows, for a quick no.
CREATE VIEW customer_with_basis AS
SELECT c.customer_key::text AS customer_key
FROM customer c CROSS JOIN contact_limit l
WHERE c.known_until IS NULL AND (
    l.post_by_interest
    OR EXISTS (SELECT FROM consent x WHERE x.subject_key = c.customer_key AND x.known_until IS NULL AND x.withdrawn_at IS NULL)
    OR EXISTS (SELECT FROM consent x WHERE x.email_key = c.email_key AND x.known_until IS NULL AND x.withdrawn_at IS NULL)
    OR (l.notice_in_use AND l.notice_since IS NOT NULL
        AND EXISTS (SELECT FROM sale_with_address x WHERE x.email_key = c.email_key)));

-- As before, but in the order of the list and occasion by occasion, so that a page ends when it is full.
CREATE OR REPLACE VIEW offer_answer AS
SELECT o.person_id, o.article, o.product, o.revision_id, o.field, o.quote_start, o.quote_end, o.said_on, w.stage,
       coalesce(w.withheld, CASE WHEN k.customer_key IS NULL THEN 'not_contactable' END) AS withheld,
       k.customer_key, k.channel, k.reason, k.legal_basis, o.place
FROM (
    SELECT o.*, y.place, y.similar_goods, y.unless_bought, l.days
    FROM offer_occasion o JOIN offer_rule y USING (article) CROSS JOIN offer_limit l
    ORDER BY y.place, o.said_on DESC, o.person_id
) o
-- The customers first and as an array, or the planner would answer for all customers and then pick.
CROSS JOIN LATERAL (
    SELECT ARRAY(SELECT ac.customer_key::text FROM author a
                 CROSS JOIN LATERAL (SELECT customer_key FROM author_customer WHERE author_id = a.author_id OFFSET 0) ac
                 WHERE a.person_id = o.person_id) AS keys OFFSET 0
) m
CROSS JOIN LATERAL (
    SELECT s.stage,
           CASE WHEN CASE o.field WHEN 'title' THEN r.title ELSE r.text END IS NULL OR r.state <> 'published' THEN 'no_quote'
                WHEN o.said_on < current_date - o.days THEN 'too_old'
                WHEN EXISTS (SELECT FROM person_purchase p
                             WHERE p.person_id = o.person_id AND p.product = ANY(o.unless_bought)) THEN 'bought'
                WHEN EXISTS (SELECT FROM offer_standing d WHERE d.article = o.article AND d.customer_key = ANY(m.keys)
                             AND d.act = 'declined') THEN 'declined'
                WHEN EXISTS (SELECT FROM offer_standing d WHERE d.article = o.article AND d.customer_key = ANY(m.keys))
                THEN 'made'
                WHEN coalesce(s.stage, 'buy') NOT IN ('enjoy', 'bond', 'advocate', 'recovered') THEN 'stage'
                WHEN EXISTS (SELECT FROM person_case c WHERE c.person_id = o.person_id) THEN 'open_case'
                WHEN NOT EXISTS (SELECT FROM customer_with_basis b WHERE b.customer_key = ANY(m.keys)) THEN 'not_contactable'
                WHEN EXISTS (SELECT FROM objecting_author b WHERE b.person_id = o.person_id) THEN 'not_contactable'
           END AS withheld
    FROM revision r LEFT JOIN person_stage s ON s.person_id = o.person_id AND s.is_current
    WHERE r.revision_id = o.revision_id OFFSET 0
) w
LEFT JOIN LATERAL (
    SELECT k.customer_key, k.channel, k.reason, k.legal_basis FROM contact_answer k
    WHERE w.withheld IS NULL AND k.customer_key = ANY(m.keys) AND k.allowed
      -- As contactable_about: similar goods are those of a sale that brought the address and the notice along.
      AND k.similar_goods = (o.similar_goods AND EXISTS (
          SELECT FROM customer c JOIN sale_with_address x ON x.email_key = c.email_key CROSS JOIN contact_limit l
          WHERE c.customer_key = k.customer_key AND c.known_until IS NULL AND x.product = o.product
            AND x.ordered_on >= l.notice_since))
    ORDER BY k.consent_given_at DESC NULLS LAST, array_position(ARRAY['email', 'phone', 'sms', 'post'], k.channel),
             k.customer_key LIMIT 1
) k ON true;

CREATE OR REPLACE VIEW lists.offers WITH (security_barrier) AS
SELECT 'P' || o.person_id AS person_id,
       (SELECT n.display_name FROM author a JOIN author_name n USING (author_id)
        WHERE a.person_id = o.person_id ORDER BY length(n.display_name) DESC, n.display_name LIMIT 1) AS display_name,
       o.stage, o.product, p.name AS product_name, o.place, o.article, y.name AS offer, y.kind, y.link,
       lists.quote(CASE o.field WHEN 'title' THEN r.title ELSE r.text END, o.quote_start, o.quote_end, r.state) AS quote,
       'F' || r.feedback_id AS feedback_id, f.url, f.source, o.said_on, o.channel, o.reason AS contact_reason,
       o.legal_basis AS contact_law, o.person_id AS person_number
FROM offer_answer o
CROSS JOIN LATERAL (SELECT name, kind, link FROM offer_rule WHERE article = o.article OFFSET 0) y
CROSS JOIN LATERAL (SELECT * FROM masked_revision WHERE revision_id = o.revision_id OFFSET 0) r
CROSS JOIN LATERAL (SELECT url, source FROM feedback WHERE feedback_id = r.feedback_id OFFSET 0) f
LEFT JOIN LATERAL (SELECT name FROM product WHERE product = o.product OFFSET 0) p ON true
WHERE o.withheld IS NULL
-- Said here too, or whoever asks for this order would have everything sorted once more.
ORDER BY o.place, o.said_on DESC, o.person_id;
COMMENT ON COLUMN lists.offers.person_number IS 'The number of person_id; the list is in order of place, newest said_on, person_number.';

GRANT SELECT ON customer_with_basis TO kundenecho_pipeline;
GRANT SELECT ON lists.offers TO kundenecho_marketing, kundenecho_pipeline;
