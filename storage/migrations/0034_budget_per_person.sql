-- One budget of contacts and one quiet period for a person, whatever customers and accounts that person is; asked once for
-- a customer instead of once for each channel.

SET LOCAL search_path = kundenecho;

-- One row for each customer, channel, and whether the message is about goods similar to those the customer bought.
CREATE OR REPLACE VIEW contact_answer AS
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
                   r.proof_years IS NULL OR greatest(s.given_at, s.confirmed_at, r.last_used)
                       >= now() - make_interval(years => r.proof_years) AS in_time,
                   h.withdrawn_at, h.unsubscribed_at,
                   r.objected, r.blocked,
                   d.ordered_on, y.similar_goods,
                   h.withdrawn_at IS NULL AND h.unsubscribed_at IS NULL AS no_objection,
                   coalesce(d.ordered_on >= l.notice_since, false) AS notice_at_collection,
                   coalesce(l.ecg_checked_on BETWEEN current_date - 31 AND current_date, false) AS not_on_ecg_list,
                   r.contacts, r.contacts < l.budget AS budget_left,
                   r.said_at + make_interval(days => l.quiet_days) AS quiet_until
            FROM customer c
            CROSS JOIN contact_limit l
            -- First what is the same for every channel, so that it is asked once for a customer: whoever it is, with every
            -- account of that person, and every customer and address that those are.
            CROSS JOIN LATERAL (
                SELECT ARRAY(SELECT a.author_id FROM author_customer ac JOIN author mine USING (author_id)
                             JOIN author a ON a.author_id = mine.author_id OR a.person_id = mine.person_id
                             WHERE ac.customer_key = c.customer_key) AS accounts
                OFFSET 0
            ) m
            CROSS JOIN LATERAL (
                SELECT array_agg(k.key) AS keys FROM (
                    VALUES (c.customer_key::text), (c.email_key::text)
                    UNION
                    SELECT unnest(ARRAY[o.customer_key, o.email_key])::text FROM unnest(m.accounts) AS of (author_id)
                    CROSS JOIN LATERAL (SELECT customer_key FROM author_customer x WHERE x.author_id = of.author_id OFFSET 0) ac
                    JOIN customer o ON o.customer_key = ac.customer_key AND o.known_until IS NULL
                ) k (key) WHERE k.key IS NOT NULL
            ) w
            -- What the company's list tells, and what was noted here, each act once; what both have for one day and channel, too.
            CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE x.contacted_on > current_date - l.budget_days)::integer AS contacts,
                       max(x.contacted_on) FILTER (WHERE x.channel = 'email' AND x.contacted_on <= current_date) AS mailed_on,
                       max(x.contacted_on) FILTER (WHERE x.channel = 'phone' AND x.contacted_on <= current_date) AS called_on,
                       max(x.contacted_on) FILTER (WHERE x.channel = 'sms' AND x.contacted_on <= current_date) AS texted_on,
                       max(x.contacted_on) FILTER (WHERE x.channel = 'post' AND x.contacted_on <= current_date) AS posted_on
                FROM (
                    SELECT k.contacted_on, k.channel FROM contact k
                    WHERE k.known_until IS NULL AND (k.subject_key = ANY(w.keys) OR k.email_key = ANY(w.keys))
                    UNION ALL
                    SELECT o.contacted_on, o.channel
                    FROM (SELECT DISTINCT act, contacted_on, channel FROM own_contact WHERE subject_key = ANY(w.keys)) o
                    WHERE NOT EXISTS (
                        SELECT FROM contact k
                        WHERE k.known_until IS NULL AND (k.subject_key = ANY(w.keys) OR k.email_key = ANY(w.keys))
                          AND k.contacted_on = o.contacted_on AND (k.channel = o.channel OR '' IN (k.channel, o.channel)))
                ) x
            ) p
            CROSS JOIN LATERAL (
                SELECT max(coalesce(f.created_at, f.collected_at)) AS said_at
                FROM current_feedback f
                LEFT JOIN lineage e ON e.state = 'active'
                LEFT JOIN analysis a ON a.revision_id = f.revision_id AND a.lineage_id = e.lineage_id
                WHERE f.author_id = ANY(m.accounts) AND f.state = 'published'
                  AND (f.rating_1_5 <= 2.5 OR f.nps_0_10 <= 6 OR (a.sentiment = 'negative' AND NOT a.abstained))
            ) q
            CROSS JOIN LATERAL (
                SELECT c.customer_key IN (SELECT customer_key FROM objecting_customer) AS objected,
                       EXISTS (SELECT FROM blocked_key b WHERE b.key = c.customer_key)
                       OR EXISTS (SELECT FROM blocked_key b WHERE b.key = c.email_key) AS blocked
                OFFSET 0
            ) z
            -- What was asked once goes through here, or the planner might ask it again for each channel.
            CROSS JOIN LATERAL (
                SELECT x.*, p.contacts, q.said_at, z.objected, z.blocked,
                       CASE x.channel WHEN 'email' THEN p.mailed_on WHEN 'phone' THEN p.called_on
                                      WHEN 'sms' THEN p.texted_on ELSE p.posted_on END::timestamptz AS last_used
                FROM contact_rule x WHERE x.country = CASE WHEN c.country IN ('DE', 'AT', 'CH') THEN c.country ELSE '' END
                OFFSET 0
            ) r
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
            WHERE c.known_until IS NULL
        ) t
    ) u
) v
JOIN contact_reason w ON w.code = v.code;

-- The next decide asks anew.
INSERT INTO dirty_key (author_id) SELECT DISTINCT author_id FROM author_identifier;
