"""Accounts, persons, names and customers of a generated installation, as statements.

Parameters: persons, accounts, products, total, ipad and opad (the keying secret as HMAC mixes it in).
"""

from __future__ import annotations

from typing import Final

#: Small functions of a row's number that the other statements share.
FUNCTIONS: Final = (
    # A number from 0 to 1 (not included) by row and purpose.
    """
    CREATE OR REPLACE FUNCTION pg_temp.unit(n bigint, purpose bigint) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    'SELECT (hashint8extended($1, $2) & 4503599627370495)::double precision / 4503599627370496'
    """,
    # Zipf: the logarithm of a uniform number's reach; 1 to most.
    """
    CREATE OR REPLACE FUNCTION pg_temp.zipf(u double precision, most integer) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT floor(exp($1 * ln($2 + 1)))::integer'
    """,
    """
    CREATE OR REPLACE FUNCTION pg_temp.pseudoword(n bigint, letters integer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT translate(left(md5($1::text), $2), '0123456789abcdef', 'aeioubdfgklmnprs') $$
    """,
    """
    CREATE OR REPLACE FUNCTION pg_temp.source_of(account bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT (ARRAY['shop', 'amazon', 'otto', 'google', 'trustpilot', 'youtube', 'saturn', 'umfrage'])[1 + $1 %% 8] $$
    """,
    """
    CREATE OR REPLACE FUNCTION pg_temp.person_of(account bigint, persons bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    'SELECT CASE WHEN $1 <= $2 THEN $1 ELSE 1 + ($1 - $2) * 7919 %% $2 END'
    """,
    """
    CREATE OR REPLACE FUNCTION pg_temp.given_name(person bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT (ARRAY['Anna', 'Peter', 'Sabine', 'Thomas', 'Monika', 'Michael', 'Petra', 'Andreas', 'Susanne', 'Stefan',
        'Claudia', 'Markus', 'Birgit', 'Frank', 'Heike', 'Christian', 'Karin', 'Martin', 'Ute', 'Klaus', 'Jutta', 'Uwe',
        'Renate', 'Bernd', 'Silke', 'Torsten', 'Anja', 'Holger', 'Nadine', 'Dirk', 'Lena', 'Jan', 'Julia', 'Tobias',
        'Sophie', 'Lukas', 'Marie', 'Felix', 'Emma', 'Paul'])[pg_temp.zipf(pg_temp.unit($1, 21), 40)] $$
    """,
    """
    CREATE OR REPLACE FUNCTION pg_temp.family_name(person bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT initcap((ARRAY['berg', 'feld', 'stein', 'wald', 'bach', 'roth', 'gold', 'silber', 'schwarz', 'klein',
                             'neu', 'alt', 'hoch', 'lang', 'kurz', 'schon', 'winter', 'sommer', 'linden', 'eichen'])
                             [pg_temp.zipf(pg_temp.unit($1, 22), 20)]
        || (ARRAY['', 'en', 'er', 'in', 'el', 'es', 'on', 'an', 'ar', 'um'])[1 + floor(10 * pg_temp.unit($1, 23))::integer]
        || (ARRAY['mann', 'er', 'hofer', 'meier', 'huber', 'muller', 'schmidt', 'ke', 'ling', 'stedt', 'dorf', 'born',
                  'au', 'thal', 'kamp', 'brink', 'horst', 'loh', 'bruck', 'furt'])
                  [1 + floor(20 * pg_temp.unit($1, 24))::integer]) $$
    """,
    # What an account is called: nothing, nobody, a name in full or in part, a handle.
    """
    CREATE OR REPLACE FUNCTION pg_temp.shown_name(account bigint, person bigint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT CASE WHEN u < 0.1 THEN NULL WHEN u < 0.35 THEN 'Amazon Kunde'
                    WHEN u < 0.65 THEN pg_temp.given_name($2) || ' ' || pg_temp.family_name($2)
                    WHEN u < 0.85 THEN pg_temp.given_name($2) || ' ' || left(pg_temp.family_name($2), 1) || '.'
                    ELSE lower(pg_temp.given_name($2)) || pg_temp.pseudoword($2, 4) || $2 %% 90 + 10 END
        FROM (SELECT pg_temp.unit($1, 25) AS u) x $$
    """,
    # HMAC-SHA-256 as kundenecho.keying.Keyer.key makes it.
    """
    CREATE OR REPLACE FUNCTION pg_temp.key_of(namespace text, value text, ipad bytea, opad bytea) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT 'k1:' || left(encode(sha256($4 || sha256($3 || convert_to($1 || chr(31) || $2, 'UTF8'))), 'hex'), 32) $$
    """,
)

PEOPLE: Final = (
    """
    INSERT INTO load (source, full_read, loaded_at)
    SELECT pg_temp.source_of(n), true, '2025-07-01Z' FROM generate_series(1, 8) n
    """,
    """
    INSERT INTO product (product, name, product_group, load_id)
    SELECT 'P' || n, 'Maschine ' || n, CASE WHEN n %% 10 > 0 THEN 'Gruppe ' || n %% 100 END, 1
    FROM generate_series(1, %(products)s) n
    """,
    """
    INSERT INTO person (person_id, created_at) OVERRIDING SYSTEM VALUE
    SELECT n, '2025-07-01Z' FROM generate_series(1, %(accounts)s) n
    """,
    """
    INSERT INTO author (author_id, source, author_key, person_id, own_person_id, load_id) OVERRIDING SYSTEM VALUE
    SELECT n, pg_temp.source_of(n), 'k1:' || md5('a' || n), pg_temp.person_of(n, %(persons)s), n, 1
    FROM generate_series(1, %(accounts)s) n
    """,
    """
    INSERT INTO author_name (author_id, display_name, load_id)
    SELECT author_id, name, 1
    FROM (SELECT author_id, pg_temp.shown_name(author_id, person_id) AS name FROM author OFFSET 0) a
    WHERE name IS NOT NULL
    """,
    """
    INSERT INTO author_identifier (author_id, kind, key, load_id)
    SELECT author_id, 'email', 'k1:' || md5('e' || person_id), 1 FROM author
    WHERE person_id %% 5 = 0
       OR person_id IN (SELECT pg_temp.person_of(n, %(persons)s) FROM generate_series(%(persons)s + 1, %(accounts)s) n)
    """,
    "INSERT INTO lineage (digest, description, state, activated_at) VALUES ('generated', '{}', 'active', '2025-07-01Z')",
)

#: Every fifth person is a customer; half of them with a consent, some of these unsubscribed or contacted lately.
COMPANY: Final = (
    """
    INSERT INTO list_import (kind, file, digest, items, new, revised, unchanged, rejected)
    SELECT kind, kind || '.csv', 'generated', 0, 0, 0, 0, 0
    FROM unnest(ARRAY['customers', 'orders', 'consents', 'contacts', 'unsubscribes']) kind
    """,
    """
    INSERT INTO customer (customer_key, email_key, name, email, city, postcode, country, language, value_eur,
                          customer_since, import_id, known_from)
    SELECT 'k1:' || md5('c' || p), 'k1:' || md5('e' || p), pg_temp.given_name(p) || ' ' || pg_temp.family_name(p),
           'p' || p || '@example.org', 'Ort ' || p %% 500, lpad((p %% 99999)::text, 5, '0'),
           CASE WHEN p %% 20 = 0 THEN 'CH' WHEN p %% 10 = 0 THEN 'AT' ELSE 'DE' END, 'de', 50 + p %% 900, '2022-01-01', 1,
           '2025-07-01Z'
    FROM generate_series(5, %(persons)s, 5) p
    """,
    """
    INSERT INTO customer_order (order_key, customer_key, email_key, product, quantity, ordered_on, amount_eur, import_id, known_from)
    SELECT 'k1:' || md5('o' || p || '/' || i), 'k1:' || md5('c' || p), 'k1:' || md5('e' || p),
           'P' || pg_temp.zipf(pg_temp.unit(p + i, 31), %(products)s), 1,
           date '2020-07-01' + floor(1825 * pg_temp.unit(p + i, 32))::integer, 49 + p %% 200, 2, '2025-07-01Z'
    FROM generate_series(5, %(persons)s, 5) p CROSS JOIN LATERAL generate_series(1, 1 + p %% 3) i
    """,
    """
    INSERT INTO consent (customer_key, email_key, channel, given_at, confirmed_at, wording, proof, import_id, known_from)
    SELECT 'k1:' || md5('c' || p), 'k1:' || md5('e' || p), 'email', '2024-01-01Z', '2024-01-02Z',
           'Ja, ich will den Newsletter.', 'Formular', 3, '2025-07-01Z'
    FROM generate_series(10, %(persons)s, 10) p
    """,
    """
    INSERT INTO unsubscribe (customer_key, email_key, channel, unsubscribed_at, import_id, known_from)
    SELECT 'k1:' || md5('c' || p), 'k1:' || md5('e' || p), 'all', '2025-01-01Z', 5, '2025-07-01Z'
    FROM generate_series(100, %(persons)s, 100) p
    """,
    """
    INSERT INTO contact (customer_key, email_key, channel, contacted_on, occasion, import_id, known_from)
    SELECT 'k1:' || md5('c' || p), 'k1:' || md5('e' || p), 'email', current_date - 1 - (p %% 60)::integer, 'Newsletter', 4, '2025-07-01Z'
    FROM generate_series(50, %(persons)s, 50) p
    """,
)

# As pipeline.persons.traits makes them of display names and of the customers that accounts are known to be.
TRAITS: Final = (
    """
    INSERT INTO author_trait (author_id, kind, key)
    SELECT s.author_id, k.kind, pg_temp.key_of('trait/' || k.kind, k.value, %(ipad)s, %(opad)s)
    FROM (
        SELECT author_id, lower(display_name) AS name, NULL AS place FROM author_name WHERE display_name <> 'Amazon Kunde'
        UNION ALL
        SELECT i.author_id, lower(c.name), lower(c.city)
        FROM author_identifier i JOIN customer c ON c.email_key = i.key AND i.kind = 'email'
    ) s
    CROSS JOIN LATERAL (SELECT split_part(s.name, ' ', 1) AS given, rtrim(split_part(s.name, ' ', 2), '.') AS family) w
    CROSS JOIN LATERAL (VALUES
        ('name', s.name), ('place', s.place),
        ('full', CASE WHEN length(w.family) > 1 THEN w.given || ' ' || w.family END),
        ('family', CASE WHEN length(w.family) > 1 THEN left(w.given, 1) || ' ' || w.family END),
        ('given', CASE WHEN w.family <> '' THEN w.given || ' ' || left(w.family, 1) END),
        ('handle', CASE WHEN w.family = '' THEN s.name END)) k (kind, value)
    WHERE k.value IS NOT NULL
    ON CONFLICT DO NOTHING
    """,
)
