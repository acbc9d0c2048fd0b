-- Who may be contacted on which channel: the facts of each condition, and the rule over them, in one place.
--
-- It is computed when it is read, never stored: a withdrawal counts from the transaction that brings it, a consent with a
-- date in the future from that date on, and a quiet period ends by itself. docs/contact.md explains every condition.

SET LOCAL search_path = kundenecho;

-- What the law of a country asks for on a channel; the row '' stands for every other country.
CREATE TABLE contact_rule (
    country           text NOT NULL,
    channel           text NOT NULL CHECK (channel IN ('email', 'phone', 'sms', 'post')),
    needs_confirmed   boolean NOT NULL,  -- double opt-in
    needs_proof       boolean NOT NULL,  -- of consumers
    proof_years       integer,           -- how long the proof must be kept after the consent or its last use
    existing_customer boolean NOT NULL,  -- the exception for existing customers exists
    asks_ecg_list     boolean NOT NULL,  -- … and wants a look into the Austrian list of those who want no e-mail
    by_interest       boolean NOT NULL,  -- the company may rely on its legitimate interest
    consent_law       text NOT NULL,
    other_law         text NOT NULL,     -- of the exception, or of the legitimate interest
    PRIMARY KEY (country, channel)
);
INSERT INTO contact_rule VALUES
    ('DE', 'email', true,  false, NULL, true,  false, false, '§ 7 Abs. 2 Nr. 2 UWG; Art. 6 Abs. 1 lit. a DSGVO', '§ 7 Abs. 3 UWG; Art. 6 Abs. 1 lit. f DSGVO'),
    ('DE', 'sms',   true,  false, NULL, false, false, false, '§ 7 Abs. 2 Nr. 2 UWG; Art. 6 Abs. 1 lit. a DSGVO', ''),
    ('DE', 'phone', false, true,  5,    false, false, false, '§ 7 Abs. 2 Nr. 1 und § 7a UWG; Art. 6 Abs. 1 lit. a DSGVO', ''),
    ('DE', 'post',  false, false, NULL, false, false, true,  'Art. 6 Abs. 1 lit. a DSGVO', '§ 7 Abs. 1 UWG; Art. 6 Abs. 1 lit. f DSGVO'),
    ('AT', 'email', true,  false, NULL, true,  true,  false, '§ 174 Abs. 3 TKG 2021; Art. 6 Abs. 1 lit. a DSGVO', '§ 174 Abs. 4 TKG 2021; Art. 6 Abs. 1 lit. f DSGVO'),
    ('AT', 'sms',   true,  false, NULL, false, false, false, '§ 174 Abs. 3 TKG 2021; Art. 6 Abs. 1 lit. a DSGVO', ''),
    ('AT', 'phone', false, true,  NULL, false, false, false, '§ 174 Abs. 1 TKG 2021; Art. 6 Abs. 1 lit. a DSGVO', ''),
    ('AT', 'post',  false, false, NULL, false, false, true,  'Art. 6 Abs. 1 lit. a DSGVO', 'Art. 6 Abs. 1 lit. f DSGVO'),
    ('CH', 'email', false, true,  NULL, true,  false, false, 'Art. 3 Abs. 1 lit. o UWG (CH)', 'Art. 3 Abs. 1 lit. o UWG (CH), bestehende Kundschaft'),
    ('CH', 'sms',   false, true,  NULL, false, false, false, 'Art. 3 Abs. 1 lit. o UWG (CH)', ''),
    ('CH', 'phone', false, true,  NULL, false, false, false, 'Art. 3 Abs. 1 lit. u UWG (CH)', ''),
    ('CH', 'post',  false, false, NULL, false, false, true,  'Art. 31 Abs. 1 DSG (CH)', 'Art. 31 Abs. 1 DSG (CH)'),
    ('',   'email', true,  true,  NULL, false, false, false, 'Art. 13 Abs. 1 RL 2002/58/EG', ''),
    ('',   'sms',   true,  true,  NULL, false, false, false, 'Art. 13 Abs. 1 RL 2002/58/EG', ''),
    ('',   'phone', false, true,  NULL, false, false, false, 'Art. 13 Abs. 1 und 3 RL 2002/58/EG', ''),
    ('',   'post',  false, true,  NULL, false, false, false, 'Art. 6 Abs. 1 lit. a DSGVO', '');

-- Why somebody may or may not be contacted; the order is that in which a reason is looked for and told.
CREATE TABLE contact_reason (
    code    text PRIMARY KEY,
    place   smallint NOT NULL UNIQUE,
    allows  boolean NOT NULL,
    german  text NOT NULL,
    law     text  -- null: that of the rule
);
INSERT INTO contact_reason VALUES
    ('blocked',             1, false, 'gelöscht und gesperrt', 'Art. 17 DSGVO'),
    ('objected',            2, false, 'Widerspruch gegen Werbung und Auswertung', 'Art. 21 DSGVO'),
    ('unsubscribed',        3, false, 'abgemeldet am {stopped}', 'Art. 21 Abs. 2 DSGVO'),
    ('withdrawn',           4, false, 'Einwilligung widerrufen am {stopped}', 'Art. 7 Abs. 3 DSGVO'),
    ('no_address',          5, false, 'keine Adresse bekannt', NULL),
    ('quiet',               6, false, 'Ruhezeit nach einer Beschwerde bis {quiet}', NULL),
    ('budget_spent',        7, false, '{contacts} Kontakte in {days} Tagen, mehr sind nicht vorgesehen', NULL),
    ('consent',             8, true,  'Einwilligung vom {given}', NULL),
    ('confirmed_consent',   9, true,  'Einwilligung vom {given}, bestätigt am {confirmed}', NULL),
    ('existing_customer',  10, true,  'Bestandskunde seit dem Kauf am {bought}', NULL),
    ('interest',           11, true,  'berechtigtes Interesse, kein Widerspruch', NULL),
    ('in_future',          12, false, 'Einwilligung gilt erst ab {future}', NULL),
    ('not_confirmed',      13, false, 'Einwilligung vom {given} ist nicht bestätigt (Double-Opt-in)', NULL),
    ('no_wording',         14, false, 'zur Einwilligung vom {given} fehlt der Wortlaut', NULL),
    ('no_proof',           15, false, 'zur Einwilligung vom {given} fehlt der Nachweis', NULL),
    ('proof_too_old',      16, false, 'Einwilligung vom {given} seit über {years} Jahren nicht genutzt', NULL),
    ('no_consent',         17, false, 'keine Einwilligung bekannt', NULL);

-- The company's own limits; the settings [contact] are copied here before anything is decided or handed out.
CREATE TABLE contact_limit (
    one               boolean PRIMARY KEY DEFAULT true CHECK (one),
    budget            integer NOT NULL DEFAULT 4,
    budget_days       integer NOT NULL DEFAULT 90,
    quiet_days        integer NOT NULL DEFAULT 30,
    notice_since      date,
    notice_in_use     boolean NOT NULL DEFAULT false,
    ecg_checked_on    date,
    post_by_interest  boolean NOT NULL DEFAULT false,
    business_segments text[] NOT NULL DEFAULT '{}'
);
INSERT INTO contact_limit DEFAULT VALUES;

-- Objections (Art. 21 DSGVO) by the keys that tell who it is; they hold for whatever account those keys lead to.
CREATE TABLE objection (
    objection_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    made_at       timestamptz NOT NULL DEFAULT now(),
    noted_by      text NOT NULL,
    taken_back_at timestamptz,
    taken_back_by text
);
CREATE TABLE objection_key (
    objection_id bigint NOT NULL REFERENCES objection ON DELETE CASCADE,
    kind         text NOT NULL CHECK (kind IN ('account', 'email', 'customer', 'order')),
    key          keyed NOT NULL,
    PRIMARY KEY (objection_id, key)
);
CREATE INDEX objection_key_key ON objection_key (key);

-- Keys of those who were erased. Whatever has one of them is not taken in again.
CREATE TABLE blocked_key (
    key        keyed PRIMARY KEY,
    kind       text NOT NULL CHECK (kind IN ('account', 'email', 'customer', 'order', 'feedback')),
    blocked_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX author_key ON author (author_key);

-- An erasure and the history of a customer look for all versions of a row, not only for what is known now.
DROP INDEX customer_email;
DROP INDEX customer_phone;
DROP INDEX customer_order_customer;
DROP INDEX customer_order_email;
DROP INDEX consent_email;
DROP INDEX contact_email;
DROP INDEX unsubscribe_email;
CREATE INDEX customer_email ON customer (email_key);
CREATE INDEX customer_phone ON customer (phone_key);
CREATE INDEX customer_order_customer ON customer_order (customer_key);
CREATE INDEX customer_order_email ON customer_order (email_key);
CREATE INDEX consent_email ON consent (email_key);
CREATE INDEX contact_email ON contact (email_key);
CREATE INDEX unsubscribe_email ON unsubscribe (email_key);

-- Which customers an account belongs to, by what the account gave: customer number, order, e-mail address. A telephone
-- number is shared by a household and does not make somebody a customer.
CREATE VIEW author_customer AS
SELECT i.author_id, c.customer_key FROM author_identifier i
JOIN customer c ON i.kind = 'customer' AND c.customer_key = i.key AND c.known_until IS NULL
UNION
SELECT i.author_id, c.customer_key FROM author_identifier i
JOIN customer c ON i.kind = 'email' AND c.email_key = i.key AND c.known_until IS NULL
UNION
SELECT i.author_id, o.customer_key FROM author_identifier i
JOIN customer_order o ON i.kind = 'order' AND o.order_key = i.key AND o.known_until IS NULL AND o.customer_key IS NOT NULL;

-- Who objects: begun at the keys of the few objections. One account's objection is that of the person.
CREATE VIEW objecting_key AS
SELECT k.kind, k.key FROM objection o JOIN objection_key k USING (objection_id) WHERE o.taken_back_at IS NULL;

CREATE VIEW objecting_author AS
WITH named AS (
    SELECT a.author_id, a.person_id FROM objecting_key k JOIN author a ON a.author_key = k.key
    UNION
    SELECT a.author_id, a.person_id FROM objecting_key k JOIN author_identifier i ON i.kind = k.kind AND i.key = k.key
    JOIN author a ON a.author_id = i.author_id
)
SELECT author_id, person_id FROM named
UNION
SELECT a.author_id, a.person_id FROM named n JOIN author a ON a.person_id = n.person_id;

CREATE VIEW objecting_customer AS
SELECT c.customer_key FROM objecting_key k JOIN customer c ON c.customer_key = k.key AND c.known_until IS NULL
UNION
SELECT c.customer_key FROM objecting_key k JOIN customer c ON c.email_key = k.key AND c.known_until IS NULL
UNION
SELECT c.customer_key FROM objecting_author o JOIN author_customer c ON c.author_id = o.author_id;

-- Orders that brought the address themselves; an order with a customer number alone does not say where it came from.
CREATE VIEW sale_with_address AS
SELECT email_key, product, ordered_on FROM customer_order
WHERE known_until IS NULL AND email_key IS NOT NULL AND ordered_on <= current_date
  AND coalesce(state, '') !~* 'storn|cancel|annull';

-- One row for each customer, channel, and whether the message is about goods similar to those the customer bought.
CREATE VIEW contact_answer AS
SELECT v.customer_key, v.channel, v.similar_goods, v.country, v.consumer, v.address_known, v.given_at AS consent_given_at,
       v.confirmed_at AS consent_confirmed_at, v.wording AS consent_wording, v.proof AS consent_proof,
       v.source_ref AS consent_source_ref, v.future_at AS consent_future_at, v.confirmed, v.worded, v.proven, v.in_time,
       v.withdrawn_at, v.unsubscribed_at, v.objected, v.blocked, v.ordered_on AS bought_on,
       v.ordered_on IS NOT NULL AS obtained_with_sale, v.no_objection, v.notice_at_collection,
       v.notice_in_use AS notice_at_use, v.not_on_ecg_list, v.contacts, v.budget_left, v.quiet_until,
       w.code AS reason_code, w.place, w.allows AS allowed,
       replace(replace(replace(replace(replace(replace(replace(replace(replace(w.german,
           '{stopped}', coalesce(to_char(greatest(v.withdrawn_at, v.unsubscribed_at), 'DD.MM.YYYY'), '')),
           '{quiet}', coalesce(to_char(v.quiet_until, 'DD.MM.YYYY'), '')),
           '{contacts}', v.contacts::text),
           '{days}', v.budget_days::text),
           '{given}', coalesce(to_char(v.given_at, 'DD.MM.YYYY'), '')),
           '{confirmed}', coalesce(to_char(v.confirmed_at, 'DD.MM.YYYY'), '')),
           '{bought}', coalesce(to_char(v.ordered_on, 'DD.MM.YYYY'), '')),
           '{future}', coalesce(to_char(v.future_at, 'DD.MM.YYYY'), '')),
           '{years}', coalesce(v.proof_years::text, '')) AS reason,
       coalesce(w.law, CASE WHEN w.code IN ('existing_customer', 'interest') THEN v.other_law ELSE v.consent_law END) AS legal_basis
FROM (
    SELECT u.*,
           CASE WHEN u.blocked THEN 'blocked'
                WHEN u.objected THEN 'objected'
                WHEN u.stopped AND u.unsubscribed_at >= coalesce(u.withdrawn_at, '-infinity') THEN 'unsubscribed'
                WHEN u.stopped THEN 'withdrawn'
                WHEN u.basis IS NOT NULL AND NOT u.address_known THEN 'no_address'
                WHEN u.basis IS NOT NULL AND u.quiet_until > now() THEN 'quiet'
                WHEN u.basis IS NOT NULL AND NOT u.budget_left THEN 'budget_spent'
                WHEN u.basis IS NOT NULL THEN u.basis
                WHEN u.given_at IS NULL AND u.future_at IS NOT NULL THEN 'in_future'
                WHEN u.given_at IS NULL THEN 'no_consent'
                WHEN NOT u.confirmed AND u.needs_confirmed THEN 'not_confirmed'
                WHEN NOT u.worded THEN 'no_wording'
                WHEN NOT u.proven AND u.needs_proof AND u.consumer THEN 'no_proof'
                WHEN NOT u.in_time THEN 'proof_too_old'
                ELSE 'no_consent' END AS code
    FROM (
        SELECT t.*,
               CASE WHEN t.given_at IS NOT NULL AND t.worded AND (t.confirmed OR NOT t.needs_confirmed)
                         AND (t.proven OR NOT t.needs_proof OR NOT t.consumer) AND (t.in_time OR NOT t.consumer)
                    THEN CASE WHEN t.confirmed THEN 'confirmed_consent' ELSE 'consent' END
                    WHEN t.existing_customer AND t.ordered_on IS NOT NULL AND t.similar_goods AND t.no_objection
                         AND t.notice_at_collection AND t.notice_in_use AND (t.not_on_ecg_list OR NOT t.asks_ecg_list)
                    THEN 'existing_customer'
                    WHEN t.by_interest AND t.post_by_interest AND t.no_objection THEN 'interest' END AS basis,
               t.given_at IS NULL AND NOT t.no_objection AS stopped
        FROM (
            SELECT c.customer_key::text AS customer_key, r.channel, c.country, r.needs_confirmed, r.needs_proof, r.proof_years,
                   r.existing_customer, r.asks_ecg_list, r.by_interest, r.consent_law, r.other_law, l.post_by_interest,
                   l.notice_in_use, l.budget_days,
                   NOT coalesce(lower(c.segment) = ANY(l.business_segments), false) AS consumer,
                   CASE r.channel WHEN 'email' THEN c.email IS NOT NULL WHEN 'post' THEN true
                                  ELSE c.phone IS NOT NULL END AS address_known,
                   s.given_at, s.confirmed_at, s.wording, s.proof, s.source_ref, n.future_at,
                   s.confirmed_at IS NOT NULL AS confirmed,
                   coalesce(s.wording ~ '\S', false) AS worded,
                   coalesce(s.proof ~ '\S' OR s.source_ref ~ '\S' OR (r.channel = 'email' AND s.confirmed_at IS NOT NULL), false) AS proven,
                   r.proof_years IS NULL OR greatest(s.given_at, s.confirmed_at, p.last_used)
                       >= now() - make_interval(years => r.proof_years) AS in_time,
                   h.withdrawn_at, h.unsubscribed_at,
                   c.customer_key IN (SELECT customer_key FROM objecting_customer) AS objected,
                   EXISTS (SELECT FROM blocked_key b WHERE b.key IN (c.customer_key, c.email_key)) AS blocked,
                   d.ordered_on, y.similar_goods,
                   h.withdrawn_at IS NULL AND h.unsubscribed_at IS NULL AS no_objection,
                   coalesce(d.ordered_on >= l.notice_since, false) AS notice_at_collection,
                   coalesce(l.ecg_checked_on BETWEEN current_date - 31 AND current_date, false) AS not_on_ecg_list,
                   p.contacts, p.contacts < l.budget AS budget_left,
                   q.said_at + make_interval(days => l.quiet_days) AS quiet_until
            FROM customer c
            JOIN contact_rule r ON r.country = CASE WHEN c.country IN ('DE', 'AT', 'CH') THEN c.country ELSE '' END
            CROSS JOIN contact_limit l
            CROSS JOIN (VALUES (false), (true)) AS y (similar_goods)
            -- Whoever is reached at the same address: what one of them does not want, does not go there.
            CROSS JOIN LATERAL (
                SELECT array_agg(o.customer_key::text) FILTER (WHERE o.customer_key <> c.customer_key) AS others
                FROM customer o
                WHERE o.known_until IS NULL AND (o.email_key = CASE WHEN r.channel = 'email' THEN c.email_key END
                    OR o.phone_key = CASE WHEN r.channel IN ('phone', 'sms') THEN c.phone_key END)
            ) g
            CROSS JOIN LATERAL (
                SELECT ARRAY[c.customer_key::text, c.email_key::text] || g.others AS keys
            ) i
            -- A withdrawal holds from when it is known, also one with a date in the future.
            CROSS JOIN LATERAL (
                SELECT (SELECT max(x.withdrawn_at) FROM consent x
                        WHERE x.channel = r.channel AND x.withdrawn_at IS NOT NULL
                          AND (x.subject_key = ANY(i.keys) OR x.email_key = ANY(i.keys))) AS withdrawn_at,
                       (SELECT max(x.unsubscribed_at) FROM unsubscribe x
                        WHERE x.channel IN (r.channel, 'all')
                          AND (x.subject_key = ANY(i.keys) OR x.email_key = ANY(i.keys))) AS unsubscribed_at
                OFFSET 0
            ) h
            -- Only what was given after the last withdrawal counts, and confirmed where one has withdrawn before.
            LEFT JOIN LATERAL (
                SELECT x.given_at, CASE WHEN x.confirmed_at BETWEEN x.given_at AND now() THEN x.confirmed_at END AS confirmed_at,
                       x.wording, x.proof, x.source_ref
                FROM consent x
                WHERE x.known_until IS NULL AND x.channel = r.channel AND x.withdrawn_at IS NULL AND x.given_at <= now()
                  AND x.given_at > coalesce(greatest(h.withdrawn_at, h.unsubscribed_at), '-infinity')
                  AND (greatest(h.withdrawn_at, h.unsubscribed_at) IS NULL OR x.confirmed_at BETWEEN x.given_at AND now())
                  AND (x.subject_key = c.customer_key
                       OR (x.email_key = c.email_key AND x.customer_key IS NULL AND (r.channel = 'email' OR g.others IS NULL)))
                ORDER BY x.confirmed_at BETWEEN x.given_at AND now() DESC NULLS LAST, x.given_at DESC LIMIT 1
            ) s ON true
            CROSS JOIN LATERAL (
                SELECT min(x.given_at) AS future_at FROM consent x
                WHERE x.known_until IS NULL AND x.channel = r.channel AND x.withdrawn_at IS NULL AND x.given_at > now()
                  AND (x.subject_key = c.customer_key OR x.email_key = c.email_key)
            ) n
            -- The sale that brought the address: only an order that has the address itself says so.
            CROSS JOIN LATERAL (
                SELECT max(x.ordered_on) AS ordered_on FROM sale_with_address x
                WHERE r.channel = 'email' AND x.email_key = c.email_key
            ) d
            CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE x.contacted_on > current_date - l.budget_days)::integer AS contacts,
                       max(x.contacted_on) FILTER (WHERE x.channel = r.channel AND x.contacted_on <= current_date)::timestamptz AS last_used
                FROM contact x
                WHERE x.known_until IS NULL AND (x.subject_key = c.customer_key OR x.email_key = c.email_key)
            ) p
            CROSS JOIN LATERAL (
                SELECT max(coalesce(f.created_at, f.collected_at)) AS said_at
                FROM author_customer ac JOIN current_feedback f USING (author_id)
                LEFT JOIN lineage e ON e.state = 'active'
                LEFT JOIN analysis a ON a.revision_id = f.revision_id AND a.lineage_id = e.lineage_id
                WHERE ac.customer_key = c.customer_key AND f.state = 'published'
                  AND (f.rating_1_5 <= 2.5 OR f.nps_0_10 <= 6 OR (a.sentiment = 'negative' AND NOT a.abstained))
            ) q
            WHERE c.known_until IS NULL
        ) t
    ) u
) v
JOIN contact_reason w ON w.code = v.code;

-- For whatever writes to customers without a product in mind.
CREATE VIEW contactable_customer AS SELECT * FROM contact_answer WHERE NOT similar_goods;

-- For what is written about one product: buyers of it, or of the same group of products, have bought similar goods.
CREATE FUNCTION contactable_about(about text) RETURNS SETOF contact_answer LANGUAGE sql STABLE AS $$
    SELECT k.* FROM contact_answer k JOIN customer c ON c.customer_key = k.customer_key AND c.known_until IS NULL
    WHERE k.similar_goods = EXISTS (
        SELECT FROM sale_with_address x CROSS JOIN contact_limit l
        WHERE x.email_key = c.email_key AND x.ordered_on >= l.notice_since
          AND (x.product = about OR EXISTS (SELECT FROM product a JOIN product b ON b.product_group = a.product_group
                                            WHERE a.product = about AND b.product = x.product)))
$$;

-- One row for each person: the channel that may be used, or why none may.
CREATE VIEW person_contact AS
SELECT p.person_id,
       CASE WHEN b.allowed THEN 'yes' WHEN NOT x.never AND x.replyable THEN 'reply_only' ELSE 'no' END AS contactable,
       CASE WHEN b.allowed THEN b.channel END AS channel,
       CASE WHEN b.allowed THEN b.customer_key END AS customer_key,
       CASE WHEN x.never THEN w.german ELSE
           CASE WHEN x.replyable AND NOT coalesce(b.allowed, false) THEN 'nur öffentliche Antwort: ' ELSE '' END
           || CASE WHEN b.customer_key IS NULL THEN 'keine Einwilligung bekannt'
                   ELSE CASE b.channel WHEN 'email' THEN 'E-Mail: ' WHEN 'phone' THEN 'Telefon: ' WHEN 'sms' THEN 'SMS: '
                                       ELSE 'Post: ' END || b.reason END END AS reason,
       CASE WHEN x.never THEN w.law ELSE b.legal_basis END AS legal_basis
FROM person p
-- The customers first and as an array, or the planner would answer for all customers and then pick.
CROSS JOIN LATERAL (
    SELECT ARRAY(SELECT ac.customer_key::text FROM author a JOIN author_customer ac ON ac.author_id = a.author_id
                 WHERE a.person_id = p.person_id) AS keys OFFSET 0
) m
LEFT JOIN LATERAL (
    SELECT k.* FROM contactable_customer k WHERE k.customer_key = ANY(m.keys)
    ORDER BY k.allowed DESC, CASE WHEN k.allowed THEN k.consent_given_at END DESC NULLS LAST,
             array_position(ARRAY['email', 'phone', 'sms', 'post'], k.channel), k.customer_key LIMIT 1
) b ON true
CROSS JOIN LATERAL (
    SELECT coalesce(b.reason_code IN ('blocked', 'objected'), false)
           OR EXISTS (SELECT FROM objecting_author o WHERE o.person_id = p.person_id) AS never,
           EXISTS (SELECT FROM author a JOIN current_feedback f USING (author_id)
                   WHERE a.person_id = p.person_id AND f.state = 'published' AND f.url ~ '^https?://'
                     AND f.kind IN ('review', 'shop_rating', 'comment')) AS replyable
) x
LEFT JOIN contact_reason w ON w.code = CASE WHEN b.reason_code = 'blocked' THEN 'blocked' ELSE 'objected' END;

CREATE OR REPLACE VIEW lists.advocates WITH (security_barrier) AS
SELECT 'P' || v.person_id AS person_id,
       (SELECT n.display_name FROM author a JOIN author_name n USING (author_id)
        WHERE a.person_id = v.person_id ORDER BY length(n.display_name) DESC, n.display_name LIMIT 1) AS display_name,
       v.score, v.stage, k.contactable, k.reason AS contactable_reason, v.sources, v.last_seen, v.decided_at,
       k.channel AS contact_channel, k.legal_basis AS contact_law
FROM advocate v CROSS JOIN LATERAL (SELECT * FROM person_contact WHERE person_id = v.person_id) k
WHERE v.listed;
COMMENT ON COLUMN lists.advocates.contactable IS 'yes, no, or reply_only (a public reply on the portal); as of now, not of the last decide.';
COMMENT ON COLUMN lists.advocates.contact_channel IS 'Channel to prefer: email, phone, sms or post; null unless contactable is yes.';
COMMENT ON COLUMN lists.advocates.contact_law IS 'Paragraph that allows it, or that forbids it; null where nothing is known of the person.';

CREATE VIEW lists.contactability WITH (security_barrier) AS
SELECT (SELECT 'P' || a.person_id FROM author_customer ac JOIN author a USING (author_id)
        WHERE ac.customer_key = k.customer_key AND a.person_id IS NOT NULL ORDER BY a.person_id LIMIT 1) AS person_id,
       k.customer_key, k.channel, k.allowed, k.reason, k.legal_basis, k.country, k.consumer, k.address_known,
       k.consent_given_at, k.consent_confirmed_at, k.consent_wording IS NOT NULL AS consent_worded,
       k.proven AS consent_proven, k.in_time AS consent_in_time, k.withdrawn_at, k.unsubscribed_at, k.objected, k.blocked,
       k.obtained_with_sale, k.similar_goods, k.no_objection, k.notice_at_collection, k.notice_at_use, k.not_on_ecg_list,
       k.contacts, k.budget_left, k.quiet_until
FROM contactable_customer k;
COMMENT ON VIEW lists.contactability IS 'Whether each customer may be contacted on each channel, condition by condition; never an address.';
COMMENT ON COLUMN lists.contactability.person_id IS 'P and a number where the customer has spoken; null else.';
COMMENT ON COLUMN lists.contactability.customer_key IS 'Keyed customer number.';
COMMENT ON COLUMN lists.contactability.channel IS 'email, phone, sms or post.';
COMMENT ON COLUMN lists.contactability.allowed IS 'Whether the customer may be contacted there now.';
COMMENT ON COLUMN lists.contactability.reason IS 'Why, in German.';
COMMENT ON COLUMN lists.contactability.legal_basis IS 'Paragraph that the answer stands on.';
COMMENT ON COLUMN lists.contactability.country IS 'Country of the customer, whose law counts.';
COMMENT ON COLUMN lists.contactability.consumer IS 'False for the groups of customers that the setting contact.business_segments names.';
COMMENT ON COLUMN lists.contactability.address_known IS 'Whether the company''s list has what it takes to reach the customer there.';
COMMENT ON COLUMN lists.contactability.consent_given_at IS 'Consent that counts, given after the last withdrawal; null without.';
COMMENT ON COLUMN lists.contactability.consent_confirmed_at IS 'When it was confirmed (double opt-in); null without.';
COMMENT ON COLUMN lists.contactability.consent_worded IS 'Whether its wording is known.';
COMMENT ON COLUMN lists.contactability.consent_proven IS 'Whether there is a proof: one that the list names, or the confirmation of an e-mail address.';
COMMENT ON COLUMN lists.contactability.consent_in_time IS 'Whether it was given or used within the time for which it must be proven (§ 7a UWG: five years).';
COMMENT ON COLUMN lists.contactability.withdrawn_at IS 'Newest withdrawal of a consent for the channel; null for none.';
COMMENT ON COLUMN lists.contactability.unsubscribed_at IS 'Newest unsubscribe from the channel or from all; null for none.';
COMMENT ON COLUMN lists.contactability.objected IS 'Whether the customer objects to advertising and evaluation (Art. 21 DSGVO).';
COMMENT ON COLUMN lists.contactability.blocked IS 'Whether the customer was erased and must not be taken in again.';
COMMENT ON COLUMN lists.contactability.obtained_with_sale IS '§ 7 (3) no. 1 UWG: the address came with an order.';
COMMENT ON COLUMN lists.contactability.similar_goods IS '§ 7 (3) no. 2 UWG: always false here, since it depends on the product that is written about.';
COMMENT ON COLUMN lists.contactability.no_objection IS '§ 7 (3) no. 3 UWG: neither withdrawn nor unsubscribed.';
COMMENT ON COLUMN lists.contactability.notice_at_collection IS '§ 7 (3) no. 4 UWG: the order form told how to object, by the setting contact.notice_since.';
COMMENT ON COLUMN lists.contactability.notice_at_use IS '§ 7 (3) no. 4 UWG: every message tells how to object, by the setting contact.notice_in_messages.';
COMMENT ON COLUMN lists.contactability.not_on_ecg_list IS 'Austria: addresses were compared with the list of § 7 (2) ECG in the last 31 days.';
COMMENT ON COLUMN lists.contactability.contacts IS 'Contacts on all channels within the days of the budget.';
COMMENT ON COLUMN lists.contactability.budget_left IS 'Whether one more contact fits the budget.';
COMMENT ON COLUMN lists.contactability.quiet_until IS 'End of the quiet period after the newest complaint; null without one.';

REVOKE ALL ON FUNCTION contactable_about(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION contactable_about(text) TO kundenecho_pipeline;
GRANT SELECT ON contact_rule, contact_reason, author_customer, objecting_key, objecting_author,
    objecting_customer, sale_with_address, contact_answer, contactable_customer, person_contact
    TO kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON contact_limit, objection, objection_key, blocked_key TO kundenecho_pipeline;
GRANT SELECT ON lists.contactability TO kundenecho_marketing, kundenecho_pipeline;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA kundenecho TO kundenecho_pipeline;
