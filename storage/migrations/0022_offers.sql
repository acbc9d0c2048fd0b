-- Offers: accessories and better models that something a customer said suggests, who may be offered them now, and what
-- came of those that were made.

SET LOCAL search_path = kundenecho;

-- The company's rules as they were decided with last; the file that the setting offers.rules names is copied here.
CREATE TABLE offer_rule (
    article       text PRIMARY KEY CHECK (article <> ''),
    place         integer NOT NULL,
    name          text NOT NULL CHECK (name <> ''),
    kind          text NOT NULL CHECK (kind IN ('accessory', 'supply', 'model')),
    link          text NOT NULL CHECK (link ~ '^https?://'),
    -- Whoever has bought one of these needs no offer; the article itself is among them.
    unless_bought text[] NOT NULL,
    -- The company says that it is similar to what the customer bought (§ 7 (3) no. 2 UWG).
    similar_goods boolean NOT NULL
);
CREATE TABLE offer_limit (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    digest text NOT NULL,  -- of the rules; others have everything decided anew
    days   integer NOT NULL CHECK (days > 0)
);

-- What suggests an offer to a person, decided: the newest sentence that fits a rule. Whether it may be made is not
-- decided but read, since consents, cases and orders change every day.
CREATE TABLE offer_occasion (
    person_id   bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    article     text NOT NULL REFERENCES offer_rule ON DELETE CASCADE,
    product     text NOT NULL,
    revision_id bigint NOT NULL REFERENCES revision ON DELETE CASCADE,
    field       text NOT NULL CHECK (field IN ('text', 'title')),
    quote_start integer NOT NULL CHECK (quote_start >= 0),
    quote_end   integer NOT NULL,
    said_on     date NOT NULL,
    PRIMARY KEY (person_id, article),
    CHECK (quote_end > quote_start)
);
CREATE INDEX offer_occasion_article ON offer_occasion (article);
CREATE INDEX offer_occasion_revision ON offer_occasion (revision_id);

-- What people did with an offer, keyed to the company's own identity of the customer; the newest row counts. An article
-- that leaves the rules keeps its history.
CREATE TABLE offer_event (
    event_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    article      text NOT NULL,
    customer_key keyed NOT NULL,
    act          text NOT NULL CHECK (act IN ('made', 'declined', 'taken_back')),
    channel      text CHECK (channel IN ('email', 'phone', 'post', 'sms')),
    happened_on  date NOT NULL,
    done_by      text NOT NULL CHECK (done_by <> ''),
    noted_at     timestamptz NOT NULL DEFAULT now(),
    CHECK ((act = 'made') = (channel IS NOT NULL))
);
CREATE INDEX offer_event_customer ON offer_event (customer_key, article);

-- Where each offer to a customer stands; one whose acts were all taken back is not there.
CREATE VIEW offer_standing AS
SELECT article, customer_key, act, channel, happened_on FROM (
    SELECT DISTINCT ON (customer_key, article) * FROM offer_event ORDER BY customer_key, article, event_id DESC
) newest WHERE act <> 'taken_back';

-- An offer that was declined later was made all the same: it counts as a contact unless it is taken back.
CREATE VIEW offer_contact AS
SELECT e.customer_key, e.happened_on, e.channel FROM offer_event e
WHERE e.act = 'made' AND NOT EXISTS (
    SELECT FROM offer_event t WHERE t.customer_key = e.customer_key AND t.article = e.article
    AND t.act = 'taken_back' AND t.event_id > e.event_id);

-- What a person has bought, as far as any customer, address or order leads there; cancelled and returned orders are none.
CREATE VIEW person_purchase AS
SELECT b.person_id, o.product, o.ordered_on
FROM (
    SELECT a.person_id, o.order_key, o.product, o.known_from FROM author a JOIN author_customer ac USING (author_id)
    JOIN customer_order o ON o.customer_key = ac.customer_key
    UNION
    SELECT a.person_id, o.order_key, o.product, o.known_from FROM author a JOIN author_customer ac USING (author_id)
    JOIN customer c ON c.customer_key = ac.customer_key AND c.known_until IS NULL
    JOIN customer_order o ON o.email_key = c.email_key
    UNION
    SELECT a.person_id, o.order_key, o.product, o.known_from FROM author a JOIN author_identifier i USING (author_id)
    JOIN customer_order o ON o.order_key = i.key WHERE i.kind = 'order'
    UNION
    SELECT a.person_id, o.order_key, o.product, o.known_from FROM author a JOIN author_identifier i USING (author_id)
    JOIN customer_order o ON o.email_key = i.key WHERE i.kind = 'email'
) b JOIN customer_order o USING (order_key, product, known_from)
WHERE o.known_until IS NULL AND o.quantity > 0 AND coalesce(o.state, '') !~* 'storn|cancel|annull|retour|return';

-- Cases that are not closed, of any kind, by person: from what was said, and from the lists of the customers it is.
CREATE VIEW person_case AS
SELECT a.person_id, c.case_id FROM case_file c JOIN feedback f USING (feedback_id) JOIN author a USING (author_id)
WHERE c.state <> 'closed'
UNION ALL
SELECT a.person_id, c.case_id FROM case_file c JOIN author_customer ac ON ac.customer_key = c.customer_key
JOIN author a USING (author_id) WHERE c.state <> 'closed'
UNION ALL
SELECT a.person_id, c.case_id FROM case_file c JOIN customer k ON k.email_key = c.email_key AND k.known_until IS NULL
JOIN author_customer ac ON ac.customer_key = k.customer_key JOIN author a USING (author_id) WHERE c.state <> 'closed';

-- Each occasion with the first thing that speaks against the offer, null for none, and how it may be made.
CREATE VIEW offer_answer AS
SELECT o.person_id, o.article, o.product, o.revision_id, o.field, o.quote_start, o.quote_end, o.said_on, o.stage,
       coalesce(o.withheld, CASE WHEN k.customer_key IS NULL THEN 'not_contactable' END) AS withheld,
       k.customer_key, k.channel, k.reason, k.legal_basis
FROM (
    SELECT o.*, s.stage, y.similar_goods, m.keys,
           CASE WHEN CASE o.field WHEN 'title' THEN r.title ELSE r.text END IS NULL OR r.state <> 'published' THEN 'no_quote'
                WHEN o.said_on < current_date - l.days THEN 'too_old'
                WHEN EXISTS (SELECT FROM person_purchase p
                             WHERE p.person_id = o.person_id AND p.product = ANY(y.unless_bought)) THEN 'bought'
                WHEN EXISTS (SELECT FROM offer_standing d WHERE d.article = o.article AND d.customer_key = ANY(m.keys)
                             AND d.act = 'declined') THEN 'declined'
                WHEN EXISTS (SELECT FROM offer_standing d WHERE d.article = o.article AND d.customer_key = ANY(m.keys))
                THEN 'made'
                WHEN coalesce(s.stage, 'buy') NOT IN ('enjoy', 'bond', 'advocate', 'recovered') THEN 'stage'
                WHEN EXISTS (SELECT FROM person_case c WHERE c.person_id = o.person_id) THEN 'open_case'
                WHEN EXISTS (SELECT FROM objecting_author b WHERE b.person_id = o.person_id) THEN 'not_contactable'
           END AS withheld
    FROM offer_occasion o
    JOIN offer_rule y USING (article)
    CROSS JOIN offer_limit l
    JOIN revision r USING (revision_id)
    LEFT JOIN person_stage s ON s.person_id = o.person_id AND s.is_current
    -- The customers first and as an array, or the planner would answer for all customers and then pick.
    CROSS JOIN LATERAL (
        SELECT ARRAY(SELECT ac.customer_key::text FROM author a JOIN author_customer ac ON ac.author_id = a.author_id
                     WHERE a.person_id = o.person_id) AS keys OFFSET 0
    ) m
    OFFSET 0
) o
LEFT JOIN LATERAL (
    SELECT k.customer_key, k.channel, k.reason, k.legal_basis FROM contact_answer k
    WHERE o.withheld IS NULL AND k.customer_key = ANY(o.keys) AND k.allowed
      -- As contactable_about: similar goods are those of a sale that brought the address and the notice along.
      AND k.similar_goods = (o.similar_goods AND EXISTS (
          SELECT FROM customer c JOIN sale_with_address x ON x.email_key = c.email_key CROSS JOIN contact_limit l
          WHERE c.customer_key = k.customer_key AND c.known_until IS NULL AND x.product = o.product
            AND x.ordered_on >= l.notice_since))
    ORDER BY k.consent_given_at DESC NULLS LAST, array_position(ARRAY['email', 'phone', 'sms', 'post'], k.channel),
             k.customer_key LIMIT 1
) k ON true;

CREATE VIEW lists.offers WITH (security_barrier) AS
SELECT 'P' || o.person_id AS person_id,
       (SELECT n.display_name FROM author a JOIN author_name n USING (author_id)
        WHERE a.person_id = o.person_id ORDER BY length(n.display_name) DESC, n.display_name LIMIT 1) AS display_name,
       o.stage, o.product, p.name AS product_name, y.place, y.article, y.name AS offer, y.kind, y.link,
       lists.quote(CASE o.field WHEN 'title' THEN r.title ELSE r.text END, o.quote_start, o.quote_end, r.state) AS quote,
       'F' || r.feedback_id AS feedback_id, f.url, f.source, o.said_on, o.channel, o.reason AS contact_reason,
       o.legal_basis AS contact_law
FROM offer_answer o
JOIN offer_rule y USING (article)
JOIN masked_revision r ON r.revision_id = o.revision_id
JOIN feedback f ON f.feedback_id = r.feedback_id
LEFT JOIN product p ON p.product = o.product
WHERE o.withheld IS NULL;
COMMENT ON VIEW lists.offers IS 'Offers that may be made now: to whom, of what, and the sentence that suggests it.';
COMMENT ON COLUMN lists.offers.person_id IS 'P and a number; kundenecho why shows what is known.';
COMMENT ON COLUMN lists.offers.display_name IS 'Public display name on a portal; null where none was given.';
COMMENT ON COLUMN lists.offers.stage IS 'Stage of the loyalty loop: enjoy, bond, advocate or recovered.';
COMMENT ON COLUMN lists.offers.product IS 'Product that was spoken of, or, where none was named, one that the person bought.';
COMMENT ON COLUMN lists.offers.product_name IS 'Its name; null where no feedback of it is known.';
COMMENT ON COLUMN lists.offers.place IS 'Order of the rules, from 1.';
COMMENT ON COLUMN lists.offers.article IS 'What may be offered, as the list of orders numbers it.';
COMMENT ON COLUMN lists.offers.offer IS 'Its name.';
COMMENT ON COLUMN lists.offers.kind IS 'accessory, supply (used up) or model (a better one).';
COMMENT ON COLUMN lists.offers.link IS 'Where it can be bought.';
COMMENT ON COLUMN lists.offers.quote IS 'The sentence that suggests it, personal data masked.';
COMMENT ON COLUMN lists.offers.feedback_id IS 'F and a number: the feedback it comes from.';
COMMENT ON COLUMN lists.offers.url IS 'Address of the feedback at its source, where there is one.';
COMMENT ON COLUMN lists.offers.source IS 'Source of the feedback.';
COMMENT ON COLUMN lists.offers.said_on IS 'Day on which it was said; where the source tells none, on which it was first seen.';
COMMENT ON COLUMN lists.offers.channel IS 'Channel to prefer: email, phone, sms or post.';
COMMENT ON COLUMN lists.offers.contact_reason IS 'Why the person may be contacted there, in German.';
COMMENT ON COLUMN lists.offers.contact_law IS 'Paragraph that allows it.';

CREATE VIEW lists.offer_figures WITH (security_barrier) AS
SELECT y.place, y.article, y.name AS offer, y.kind, coalesce(n.suggested, 0)::int AS suggested, coalesce(n.open, 0)::int AS open,
       coalesce(n.no_quote, 0)::int AS no_quote, coalesce(n.too_old, 0)::int AS too_old,
       coalesce(n.bought, 0)::int AS bought_already, coalesce(n.stage, 0)::int AS not_content,
       coalesce(n.open_case, 0)::int AS open_case, coalesce(n.not_contactable, 0)::int AS not_contactable,
       coalesce(e.made, 0)::int AS made, coalesce(e.declined, 0)::int AS declined, coalesce(e.sold, 0)::int AS sold,
       e.sold::double precision / nullif(e.made, 0) AS share_sold,
       lists.wilson(e.sold, e.made, false) AS share_low, lists.wilson(e.sold, e.made, true) AS share_high
FROM offer_rule y
LEFT JOIN (
    SELECT article, count(*) AS suggested, count(*) FILTER (WHERE withheld IS NULL) AS open,
           count(*) FILTER (WHERE withheld = 'no_quote') AS no_quote, count(*) FILTER (WHERE withheld = 'too_old') AS too_old,
           count(*) FILTER (WHERE withheld = 'bought') AS bought, count(*) FILTER (WHERE withheld = 'stage') AS stage,
           count(*) FILTER (WHERE withheld = 'open_case') AS open_case,
           count(*) FILTER (WHERE withheld = 'not_contactable') AS not_contactable
    FROM offer_answer GROUP BY article
) n USING (article)
LEFT JOIN (
    SELECT s.article, count(*) FILTER (WHERE s.made_on IS NOT NULL) AS made, count(*) FILTER (WHERE s.act = 'declined') AS declined,
           count(*) FILTER (WHERE s.made_on IS NOT NULL AND EXISTS (
               SELECT FROM known_buyer b WHERE b.customer_key = s.customer_key AND b.product = s.article AND b.ordered_on >= s.made_on)) AS sold
    FROM (
        SELECT d.*, (SELECT min(c.happened_on) FROM offer_event c WHERE c.customer_key = d.customer_key
                     AND c.article = d.article AND c.act = 'made' AND c.event_id > coalesce((
                         SELECT max(t.event_id) FROM offer_event t WHERE t.customer_key = d.customer_key
                         AND t.article = d.article AND t.act = 'taken_back'), 0)) AS made_on
        FROM offer_standing d
    ) s GROUP BY s.article
) e USING (article);
COMMENT ON VIEW lists.offer_figures IS 'Each thing that may be offered: how many persons it suggests itself to, why it is withheld from some, and what came of it. Numbers of persons only.';
COMMENT ON COLUMN lists.offer_figures.place IS 'Order of the rules, from 1.';
COMMENT ON COLUMN lists.offer_figures.article IS 'What may be offered, as the list of orders numbers it.';
COMMENT ON COLUMN lists.offer_figures.offer IS 'Its name.';
COMMENT ON COLUMN lists.offer_figures.kind IS 'accessory, supply (used up) or model (a better one).';
COMMENT ON COLUMN lists.offer_figures.suggested IS 'Known customers who said something that suggests it.';
COMMENT ON COLUMN lists.offer_figures.open IS 'Of these, to how many it may be offered now: lists.offers.';
COMMENT ON COLUMN lists.offer_figures.no_quote IS 'Not offered, since the sentence is no longer there.';
COMMENT ON COLUMN lists.offer_figures.too_old IS 'Not offered, since it was said longer ago than the rules allow.';
COMMENT ON COLUMN lists.offer_figures.bought_already IS 'Not offered, since they have bought it, or what the rules name beside it.';
COMMENT ON COLUMN lists.offer_figures.not_content IS 'Not offered, since they do not stand at enjoy or later in the loyalty loop.';
COMMENT ON COLUMN lists.offer_figures.open_case IS 'Not offered, since a case of theirs is not closed.';
COMMENT ON COLUMN lists.offer_figures.not_contactable IS 'Not offered, since they may not be contacted now.';
COMMENT ON COLUMN lists.offer_figures.made IS 'Customers to whom it was offered.';
COMMENT ON COLUMN lists.offer_figures.declined IS 'Customers who declined it.';
COMMENT ON COLUMN lists.offer_figures.sold IS 'Customers who ordered it on the day of the offer or later; whether the offer was the reason nobody knows.';
COMMENT ON COLUMN lists.offer_figures.share_sold IS 'sold over made, 0 to 1; null where it was offered to nobody.';
COMMENT ON COLUMN lists.offer_figures.share_low IS 'Lower end of its 95 % Wilson interval.';
COMMENT ON COLUMN lists.offer_figures.share_high IS 'Upper end of its 95 % Wilson interval.';

-- Offers that were made count for the budget.
CREATE OR REPLACE VIEW own_contact AS
SELECT t.customer_key::text AS subject_key, t.told_on AS contacted_on, t.channel FROM remedy_told t
UNION ALL
SELECT c.customer_key::text, e.happened_at::date, '' FROM case_file c JOIN case_event e USING (case_id)
WHERE e.act = 'answer' AND c.customer_key IS NOT NULL
UNION ALL
SELECT c.email_key::text, e.happened_at::date, '' FROM case_file c JOIN case_event e USING (case_id)
WHERE e.act = 'answer' AND c.customer_key IS NULL AND c.email_key IS NOT NULL
UNION ALL
SELECT ac.customer_key::text, e.happened_at::date, ''
FROM author_customer ac JOIN author mine USING (author_id) JOIN author a USING (person_id)
JOIN feedback f ON f.author_id = a.author_id JOIN case_file c USING (feedback_id) JOIN case_event e USING (case_id)
WHERE e.act = 'answer'
UNION ALL
SELECT o.customer_key::text, o.happened_on, o.channel FROM offer_contact o;

GRANT SELECT ON lists.offers, lists.offer_figures TO kundenecho_marketing, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON offer_rule, offer_limit, offer_occasion, offer_event TO kundenecho_pipeline;
GRANT SELECT ON offer_standing, offer_contact, person_purchase, person_case, offer_answer TO kundenecho_pipeline;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA kundenecho TO kundenecho_pipeline;
