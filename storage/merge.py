"""The statements that move a staged feed into the tables, set by set.

Each writes only what differs: loading the same feed again writes nothing.
"""

from __future__ import annotations

from typing import Final

#: The statements that move a staged feed on, in order. Parameters: load, source, account.
MERGE: Final = (
    """
    INSERT INTO dirty_key (product)
    SELECT DISTINCT o.product
    FROM (SELECT DISTINCT ON (product) product, product_group FROM staged
          WHERE product IS NOT NULL ORDER BY product, line DESC) s
    JOIN product p USING (product)
    JOIN product o ON o.product = p.product OR o.product_group IN (p.product_group, s.product_group)
    WHERE s.product_group IS DISTINCT FROM p.product_group AND s.product_group IS NOT NULL
    """,
    """
    INSERT INTO product AS p (product, name, product_group, load_id)
    SELECT DISTINCT ON (product) product, product_name, product_group, %(load)s FROM staged
    WHERE product IS NOT NULL ORDER BY product, line DESC
    ON CONFLICT (product) DO UPDATE SET name = excluded.name,
        product_group = coalesce(excluded.product_group, p.product_group), load_id = excluded.load_id
    WHERE (p.name, p.product_group)
        IS DISTINCT FROM (excluded.name, coalesce(excluded.product_group, p.product_group))
      AND excluded.name <> excluded.product
    """,
    """
    INSERT INTO author (source, author_key, load_id)
    SELECT DISTINCT %(source)s, author_key, %(load)s FROM staged WHERE author_key IS NOT NULL
    ON CONFLICT (source, author_key) DO NOTHING
    """,
    """
    UPDATE staged s SET author_id = a.author_id FROM author a
    WHERE a.source = %(source)s AND a.author_key = s.author_key
    """,
    """
    INSERT INTO author_name AS n (author_id, display_name, load_id)
    SELECT DISTINCT ON (author_id) author_id, author_name, %(load)s FROM staged
    WHERE author_id IS NOT NULL AND author_name IS NOT NULL ORDER BY author_id, line DESC
    ON CONFLICT (author_id) DO UPDATE SET display_name = excluded.display_name, load_id = excluded.load_id
    WHERE n.display_name IS DISTINCT FROM excluded.display_name
    """,
    """
    INSERT INTO author_identifier (author_id, kind, key, load_id)
    SELECT DISTINCT s.author_id, k.kind, k.key, %(load)s
    FROM staged s CROSS JOIN LATERAL (VALUES ('email', s.email_key), ('customer', s.customer_key),
                                             ('order', s.order_key), ('phone', s.phone_key)) AS k (kind, key)
    WHERE s.author_id IS NOT NULL AND k.key IS NOT NULL
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO fragment (digest, body, load_id)
    SELECT DISTINCT ON (fragment_digest) fragment_digest, fragment, %(load)s FROM staged
    WHERE changed AND fragment_digest IS NOT NULL ORDER BY fragment_digest
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO page (url, fetched_at, status, digest, load_id)
    SELECT DISTINCT ON (page_url, page_digest) page_url, page_fetched_at, page_status, page_digest, %(load)s
    FROM staged WHERE changed AND page_url IS NOT NULL ORDER BY page_url, page_digest
    ON CONFLICT DO NOTHING
    """,
    """
    UPDATE staged s SET page_id = p.page_id FROM page p
    WHERE s.changed AND p.url = s.page_url AND p.digest = s.page_digest
    """,
    """
    WITH made AS (
        INSERT INTO feedback (source, account, native_id, kind, product, author_id, url, parent_native_id,
            response_key, touchpoint, verified_purchase, created_at, created_precision, experienced_at, extra, load_id)
        SELECT %(source)s, account, native_id, kind, product, author_id, url, parent_native_id, response_key,
            touchpoint, verified_purchase, created_at, created_precision, experienced_at, extra, %(load)s
        FROM staged WHERE is_new ORDER BY line
        RETURNING feedback_id, account, native_id
    )
    UPDATE staged s SET feedback_id = made.feedback_id FROM made
    WHERE made.account = s.account AND made.native_id = s.native_id
    """,
    """
    INSERT INTO dirty_key (product, author_id)
    SELECT DISTINCT k.product, k.author_id
    FROM feedback f JOIN staged s USING (feedback_id)
    CROSS JOIN LATERAL (VALUES (f.product, f.author_id), (s.product, coalesce(s.author_id, f.author_id)))
        AS k (product, author_id)
    WHERE NOT s.is_new AND (k.product IS NOT NULL OR k.author_id IS NOT NULL)
      AND (f.product, f.author_id, f.created_at, f.created_precision, f.verified_purchase) IS DISTINCT FROM
          (s.product, coalesce(s.author_id, f.author_id), s.created_at, s.created_precision, s.verified_purchase)
    """,
    """
    UPDATE feedback f SET kind = s.kind, product = s.product, author_id = coalesce(s.author_id, f.author_id),
        url = s.url, parent_native_id = s.parent_native_id, response_key = s.response_key,
        touchpoint = s.touchpoint, verified_purchase = s.verified_purchase, created_at = s.created_at,
        created_precision = s.created_precision, experienced_at = s.experienced_at, extra = s.extra,
        missed_reads = 0, load_id = %(load)s
    FROM staged s
    WHERE f.feedback_id = s.feedback_id AND NOT s.is_new
      AND (f.kind, f.product, f.author_id, f.url, f.parent_native_id, f.response_key, f.touchpoint,
           f.verified_purchase, f.created_at, f.created_precision, f.experienced_at, f.extra, f.missed_reads)
          IS DISTINCT FROM
          (s.kind, s.product, coalesce(s.author_id, f.author_id), s.url, s.parent_native_id, s.response_key,
           s.touchpoint, s.verified_purchase, s.created_at, s.created_precision, s.experienced_at, s.extra, 0::smallint)
    """,
    # Of a table that was empty the planner thinks so still, and would compare every row with every other.
    """
    DO $$ BEGIN
        IF (SELECT reltuples <= 0 FROM pg_class WHERE oid = 'kundenecho.feedback'::regclass) THEN
            ANALYZE kundenecho.feedback;
        END IF;
    END $$
    """,
    """
    WITH made AS (
        INSERT INTO revision (feedback_id, number, content_digest, state, title, text, copy_digest, language,
            raw_value, raw_min, raw_max, rating_1_5, nps_0_10, would_recommend, collected_at, fragment_digest,
            page_id, load_id)
        SELECT feedback_id, number + 1, content_digest, state, title, text, copy_digest, language, raw_value,
            raw_min, raw_max, rating_1_5, nps_0_10, would_recommend, collected_at, fragment_digest, page_id, %(load)s
        FROM staged WHERE changed ORDER BY line
        RETURNING feedback_id, revision_id
    )
    UPDATE feedback f SET current_revision_id = made.revision_id FROM made WHERE f.feedback_id = made.feedback_id
    """,
    """
    INSERT INTO reply (feedback_id, seen_at, reply, reply_at, load_id)
    SELECT s.feedback_id, s.collected_at, s.reply, s.reply_at, %(load)s
    FROM staged s
    LEFT JOIN LATERAL (SELECT reply, reply_at FROM reply y WHERE y.feedback_id = s.feedback_id
                       ORDER BY y.load_id DESC LIMIT 1) last ON NOT s.is_new
    WHERE (s.reply, s.reply_at) IS DISTINCT FROM (last.reply, last.reply_at)
    """,
    """
    WITH told AS (
        INSERT INTO likes (feedback_id, seen_at, likes, load_id)
        SELECT s.feedback_id, s.collected_at, s.likes, %(load)s
        FROM staged s
        LEFT JOIN LATERAL (SELECT likes FROM likes y WHERE y.feedback_id = s.feedback_id
                           ORDER BY y.load_id DESC LIMIT 1) last ON NOT s.is_new
        WHERE s.likes IS NOT NULL AND s.likes IS DISTINCT FROM last.likes
        RETURNING feedback_id
    )
    INSERT INTO dirty_key (author_id)
    SELECT DISTINCT s.author_id FROM told JOIN staged s USING (feedback_id)
    WHERE s.author_id IS NOT NULL AND NOT s.changed
    """,
    """
    INSERT INTO dirty_key (product, author_id, whole)
    SELECT DISTINCT product, author_id, false FROM staged
    WHERE changed AND (product IS NOT NULL OR author_id IS NOT NULL)
    """,
)
