-- Whether somebody objects or can be replied to is asked once for a person; what is asked of a customer, see 0034.

SET LOCAL search_path = kundenecho;

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
    OFFSET 0
) x
LEFT JOIN contact_reason w ON w.code = CASE WHEN b.reason_code = 'blocked' THEN 'blocked' ELSE 'objected' END;
