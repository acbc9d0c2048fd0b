-- Lists over millions of persons: the order of the advocates as a table, and lookups that begin at the person.

SET LOCAL search_path = kundenecho;

CREATE OR REPLACE VIEW objecting_customer AS
SELECT c.customer_key FROM objecting_key k JOIN customer c ON c.customer_key = k.key AND c.known_until IS NULL
UNION
SELECT c.customer_key FROM objecting_key k JOIN customer c ON c.email_key = k.key AND c.known_until IS NULL
UNION
SELECT c.customer_key FROM objecting_author o
CROSS JOIN LATERAL (SELECT customer_key FROM author_customer WHERE author_id = o.author_id OFFSET 0) c;

-- may_turn: the answer can change without anybody's doing, when a quiet period ends, a budget is free again, a consent
-- begins to hold or the proof of one gets too old. Every other change marks the person for the next decide.
CREATE OR REPLACE VIEW person_contact AS
SELECT p.person_id,
       CASE WHEN b.allowed THEN 'yes' WHEN NOT x.never AND x.replyable THEN 'reply_only' ELSE 'no' END AS contactable,
       CASE WHEN b.allowed THEN b.channel END AS channel,
       CASE WHEN b.allowed THEN b.customer_key END AS customer_key,
       CASE WHEN x.never THEN w.german ELSE
           CASE WHEN x.replyable AND NOT coalesce(b.allowed, false) THEN 'nur öffentliche Antwort: ' ELSE '' END
           || CASE WHEN b.customer_key IS NULL THEN 'keine Einwilligung bekannt'
                   ELSE CASE b.channel WHEN 'email' THEN 'E-Mail: ' WHEN 'phone' THEN 'Telefon: ' WHEN 'sms' THEN 'SMS: '
                                       ELSE 'Post: ' END || b.reason END END AS reason,
       CASE WHEN x.never THEN w.law ELSE b.legal_basis END AS legal_basis, coalesce(b.may_turn, false) AND NOT x.never AS may_turn
FROM person p
-- The customers first and as an array, or the planner would answer for all customers and then pick; account by account,
-- or it would join all accounts with all customers.
CROSS JOIN LATERAL (
    SELECT ARRAY(SELECT ac.customer_key::text FROM author a
                 CROSS JOIN LATERAL (SELECT customer_key FROM author_customer WHERE author_id = a.author_id OFFSET 0) ac
                 WHERE a.person_id = p.person_id) AS keys OFFSET 0
) m
LEFT JOIN LATERAL (
    SELECT k.*, bool_or(k.reason_code IN ('quiet', 'budget_spent', 'in_future', 'not_confirmed', 'proof_too_old')
                        OR (k.allowed AND k.channel = 'phone')) OVER () AS may_turn
    FROM contactable_customer k WHERE k.customer_key = ANY(m.keys)
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

ALTER TABLE advocate ADD COLUMN may_turn boolean NOT NULL DEFAULT false;

-- Who stands on the list, once for every product that the person speaks well of and once for whatever product (''), in
-- the list's order. Kept by decide. What may turn by itself is asked anew whatever it is asked for.
CREATE TABLE advocate_rank (
    person_id bigint NOT NULL REFERENCES advocate ON DELETE CASCADE,
    product   text NOT NULL,
    score     real NOT NULL,
    last_seen timestamptz NOT NULL,
    stage     text NOT NULL,
    contact   text NOT NULL CHECK (contact IN ('yes', 'no', 'reply_only', 'may_turn')),
    PRIMARY KEY (person_id, product)
);
INSERT INTO advocate_rank
SELECT v.person_id, p.product, v.score, coalesce(v.last_seen, '-infinity'), v.stage, 'may_turn'
FROM advocate v
CROSS JOIN LATERAL (
    SELECT '' AS product
    UNION
    SELECT f.product FROM advocate_reason x JOIN revision r USING (revision_id) JOIN feedback f ON f.feedback_id = r.feedback_id
    WHERE x.person_id = v.person_id AND x.weight > 0 AND f.product IS NOT NULL
) p
WHERE v.listed;
-- One for each filter that may leave few of very many; the columns behind INCLUDE answer the other filters.
CREATE INDEX advocate_rank_order ON advocate_rank (product, score DESC, last_seen DESC, person_id) INCLUDE (stage, contact);
CREATE INDEX advocate_rank_stage ON advocate_rank (product, stage, score DESC, last_seen DESC, person_id) INCLUDE (contact);
CREATE INDEX advocate_rank_contact ON advocate_rank (product, contact, score DESC, last_seen DESC, person_id) INCLUDE (stage);
CREATE INDEX advocate_rank_seen ON advocate_rank (product, last_seen DESC) INCLUDE (score, person_id, stage, contact);
DROP INDEX advocate_score;

-- By what an erasure and the history of a customer look.
CREATE INDEX consent_customer ON consent (customer_key);
CREATE INDEX contact_customer ON contact (customer_key);
CREATE INDEX unsubscribe_customer ON unsubscribe (customer_key);
CREATE INDEX person_stage_order ON person_stage (order_key) WHERE order_key IS NOT NULL;
CREATE INDEX case_origin ON case_file USING gin (string_to_array(origin, ' ')) WHERE origin IS NOT NULL;
CREATE INDEX page_validator_ids ON page_validator USING gin (native_ids);

-- The next decide asks everybody who may be contacted.
INSERT INTO dirty_key (author_id) SELECT author_id FROM author;

CREATE OR REPLACE VIEW lists.advocates WITH (security_barrier) AS
SELECT 'P' || v.person_id AS person_id,
       (SELECT n.display_name FROM author a JOIN author_name n USING (author_id)
        WHERE a.person_id = v.person_id ORDER BY length(n.display_name) DESC, n.display_name LIMIT 1) AS display_name,
       v.score, v.stage, k.contactable, k.reason AS contactable_reason, v.sources, v.last_seen, v.decided_at,
       k.channel AS contact_channel, k.legal_basis AS contact_law, v.points_for, v.points_against, v.days, v.shrinkage,
       v.person_id AS person_number
FROM advocate v CROSS JOIN LATERAL (SELECT * FROM person_contact WHERE person_id = v.person_id) k
WHERE v.listed;
COMMENT ON COLUMN lists.advocates.person_number IS 'The number of person_id; looking up by it is fast also among millions.';

CREATE OR REPLACE VIEW lists.advocate_reasons WITH (security_barrier) AS
SELECT 'P' || x.person_id AS person_id, x.rank, x.kind, x.weight,
       lists.quote(CASE x.field WHEN 'title' THEN r.title ELSE r.text END, x.quote_start, x.quote_end, r.state) AS quote,
       'F' || r.feedback_id AS feedback_id, f.url, f.product, f.source, f.created_at, x.day, x.value,
       x.person_id AS person_number
FROM advocate_reason x
JOIN advocate v ON v.person_id = x.person_id AND v.listed
LEFT JOIN masked_revision r ON r.revision_id = x.revision_id
LEFT JOIN feedback f ON f.feedback_id = r.feedback_id
WHERE NOT x.struck;
COMMENT ON COLUMN lists.advocate_reasons.person_number IS 'The number of person_id; looking up by it is fast also among millions.';

-- Hides nothing, so it needs no barrier, and an index can give its order.
CREATE VIEW lists.advocate_ranks AS
SELECT person_id AS person_number, product, score, last_seen, stage, contact FROM advocate_rank;
COMMENT ON VIEW lists.advocate_ranks IS 'The order of the advocates, for pages of a long list: whom to look up in lists.advocates.';
COMMENT ON COLUMN lists.advocate_ranks.person_number IS 'Person of lists.advocates.';
COMMENT ON COLUMN lists.advocate_ranks.product IS 'A product that the person speaks well of; empty for whatever product, once for each person.';
COMMENT ON COLUMN lists.advocate_ranks.score IS 'Score of the person, 0 to 100.';
COMMENT ON COLUMN lists.advocate_ranks.last_seen IS 'Newest dated feedback; -infinity without dates.';
COMMENT ON COLUMN lists.advocate_ranks.stage IS 'Stage of the loyalty loop.';
COMMENT ON COLUMN lists.advocate_ranks.contact IS 'yes, no or reply_only as of the last decide; may_turn where time alone can change it. What counts is lists.advocates.';

GRANT SELECT ON lists.advocates, lists.advocate_reasons, lists.advocate_ranks
    TO kundenecho_marketing, kundenecho_support, kundenecho_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE ON advocate_rank TO kundenecho_pipeline;
