-- Ways to see what masks hide. Each line: what must happen through the gateway, a tab, and the attempt, whose
-- messages are parted by ` ;; `. `⏎` stands for a newline; lines that begin with `--` are comments.
--   masked    rows or copied data come, without it        error     the server's error, without its words
--   message   a notice or notification, without its text   refused   the gateway does not let it run
-- Run directly against the database of evasion-seed.sql, each shows the secret. See evasion.test.ts.
-- columns, expressions, and what reads them
masked	SELECT card FROM customers
masked	SELECT * FROM customers
masked	SELECT c.card AS name FROM customers c
masked	SELECT card || '' FROM customers
masked	SELECT substring(card from 1) FROM customers
masked	SELECT encode(card::bytea, 'hex'), encode(card::bytea, 'base64') FROM customers
masked	SELECT reverse(card), card::bigint, card::varchar, left(card, 12), overlay(card placing $$$$ from 1) FROM customers
masked	SELECT to_json(card), row_to_json(c), to_jsonb(c), json_build_object(1, card), json_agg(c), jsonb_object_agg(name, card) FROM customers c GROUP BY card, c.*, name
masked	SELECT c FROM customers c
masked	SELECT c::text, (c.*)::text, ROW(c.*), ROW(card) FROM customers c
masked	SELECT (c).card, (SELECT (d).card FROM customers d LIMIT 1) FROM customers c
masked	SELECT array_agg(card), string_agg(card, $$,$$), min(card), max(card), ARRAY[card] FROM customers GROUP BY card
masked	SELECT unnest(ARRAY[card]) FROM customers
masked	SELECT name FROM customers UNION SELECT card FROM customers
masked	SELECT note FROM orders UNION ALL SELECT card FROM customers
masked	WITH x AS (SELECT card AS note FROM customers) SELECT note FROM x
masked	WITH x AS (SELECT lower(card) AS note FROM customers) SELECT note, upper(note) FROM x
masked	SELECT note FROM (SELECT card AS note FROM customers) orders
masked	SELECT note FROM (SELECT card || $$$$ AS note FROM customers) orders
masked	SELECT x FROM orders, LATERAL (SELECT card AS x FROM customers) y
masked	SELECT x.* FROM orders LEFT JOIN LATERAL (SELECT upper(card) FROM customers) x ON true
masked	SELECT CASE WHEN true THEN card END, coalesce(card), nullif(card, $$$$), greatest(card, $$$$) FROM customers
masked	SELECT first_value(card) OVER (), lag(card, 0) OVER () FROM customers
masked	SELECT (SELECT card FROM customers LIMIT 1)
masked	SELECT ARRAY(SELECT card FROM customers)
masked	SELECT card FROM customers JOIN (SELECT card FROM customers) o USING (card)
masked	SELECT card FROM customers NATURAL FULL JOIN (SELECT card FROM customers) o
masked	SELECT card FROM cards
masked	SELECT derived, name FROM derived
masked	SELECT card FROM stored
masked	SELECT card FROM child
masked	SELECT card FROM parts; SELECT card FROM part; SELECT lower(card) FROM part
masked	TABLE customers
masked	VALUES ((SELECT card FROM customers LIMIT 1))
masked	SELECT DISTINCT ON (card) card FROM customers ORDER BY card
masked	SELECT card FROM customers GROUP BY ROLLUP (card)
masked	UPDATE customers SET name = name RETURNING card, card || 'x', *
masked	INSERT INTO customers (id, name) VALUES (7, 'x') RETURNING (SELECT card FROM customers WHERE id = 1)
masked	DELETE FROM customers WHERE id = 1 RETURNING customers
masked	SELECT card_of(1)
masked	SELECT lower('x'::varchar)
masked	SELECT 'a' ### 'b'
masked	SELECT name ### name FROM customers
error	SELECT loud()
error	SELECT card::int FROM customers
masked	SELECT card::xml, xmlforest(card), xmlelement(name a, card) FROM customers
masked	SELECT query_to_xml('SELECT card FROM customers', true, true, ''), table_to_xml('customers', true, true, '')
message	DO $$ BEGIN RAISE NOTICE '%', (SELECT card FROM customers WHERE id = 1); END $$
error	DO $$ BEGIN RAISE EXCEPTION '%', (SELECT card FROM customers WHERE id = 1); END $$
error	CREATE UNIQUE INDEX x ON repeated (card)
masked	SELECT most_common_vals, histogram_bounds FROM pg_stats
masked	SELECT stavalues1 FROM pg_statistic
masked	SELECT query FROM pg_stat_activity WHERE query LIKE '%4111222233334444%'
masked	SELECT * FROM customers WHERE card = '4111'; SELECT query || '' FROM pg_stat_activity WHERE query <> '4111222233334444'
masked	COPY customers TO STDOUT
masked	COPY (SELECT card FROM customers) TO STDOUT
masked	COPY customers TO STDOUT (FORMAT csv, NULL '4111222233334444')
masked	COPY customers TO STDOUT (NULL '4111222233334444')
masked	COPY customers (card) TO STDOUT (FORMAT binary)
masked	COPY (SELECT upper(card) FROM customers) TO STDOUT (FORMAT csv, FORCE_QUOTE *, HEADER)
masked	COPY (SELECT c FROM customers c) TO STDOUT
masked	COPY (TABLE customers) TO STDOUT (FORMAT binary)
masked	COPY (SELECT note FROM orders UNION SELECT card FROM customers) TO STDOUT
refused	COPY (UPDATE customers SET name = 'x' RETURNING card) TO STDOUT
masked	COPY (SELECT * FROM by_rows) TO STDOUT
masked	COPY pg_statistic TO STDOUT
refused	COPY (SELECT card FROM customers) TO STDOUT; COPY customers TO STDOUT
refused	SET search_path TO pg_temp, public; COPY customers TO STDOUT
refused	CREATE TABLE orders2 AS SELECT card AS note FROM customers; SELECT * FROM orders2
refused	CREATE TEMP TABLE orders AS SELECT card AS note FROM customers; SELECT lower(note) FROM orders
refused	SELECT card AS note INTO orders3 FROM customers; SELECT * FROM orders3
refused	INSERT INTO orders SELECT 5, card FROM customers WHERE id = 1; SELECT * FROM orders
refused	UPDATE orders SET note = card FROM customers; SELECT * FROM orders
refused	UPDATE customers SET name = card; SELECT name FROM customers
refused	WITH w AS (INSERT INTO orders SELECT 6, card FROM customers WHERE id = 1 RETURNING note) SELECT note FROM w; SELECT * FROM orders
refused	MERGE INTO orders USING customers c ON orders.id = c.id WHEN MATCHED THEN UPDATE SET note = card; SELECT * FROM orders
refused	INSERT INTO orders VALUES (1) ON CONFLICT (id) DO UPDATE SET note = (SELECT card FROM customers LIMIT 1); SELECT * FROM orders
refused	CREATE VIEW leak AS SELECT card AS x FROM customers; SELECT x FROM leak
refused	CREATE TEMP VIEW orders AS SELECT card AS note FROM customers; SELECT note, upper(note) FROM orders
masked	PREPARE p AS SELECT card FROM customers; EXECUTE p
refused	PREPARE q AS SELECT upper(card) AS name FROM customers; EXECUTE q; CREATE TABLE orders4 AS EXECUTE q
masked	BEGIN; DECLARE d CURSOR FOR SELECT upper(card), card FROM customers; FETCH ALL FROM d; COMMIT
masked	BEGIN; ALTER TABLE customers RENAME COLUMN card TO name2; SELECT name2, upper(name2) FROM customers; ROLLBACK
masked	BEGIN; ALTER TABLE customers RENAME TO orders9; SELECT upper(card), card FROM orders9; ROLLBACK
masked	BEGIN; ALTER TABLE orders RENAME TO old; ALTER TABLE customers RENAME TO orders; ALTER TABLE orders RENAME COLUMN card TO note; SELECT upper(note), note FROM orders; ROLLBACK
masked	SELECT json_each_text(to_json(c)), jsonb_each(to_jsonb(c)) FROM customers c
masked	SELECT * FROM json_populate_record(null::orders, (SELECT json_build_object('note', card) FROM customers WHERE id = 1))
masked	SELECT x FROM customers, regexp_split_to_table(card, $$,$$) x
masked	SELECT format('%s', card), concat(card), quote_literal(card), md5(card), to_hex(card::bigint) FROM customers
refused	SELECT set_config('my.var', card, false) FROM customers; SELECT current_setting('my.var')
refused	SELECT set_config('application_name', card, false) FROM customers
masked	SELECT * FROM by_call
masked	SELECT lower(called), called AS note FROM by_call
masked	SELECT doc FROM by_xml
masked	SELECT a, b, c FROM by_rows
masked	SELECT upper(b), c FROM by_rows
masked	SELECT * FROM over_rows
refused	CREATE TABLE kept AS SELECT b FROM over_rows; SELECT b FROM kept
masked	SELECT 'a'::tint::text
error	DELETE FROM countries
error	INSERT INTO watched VALUES (1)
message	INSERT INTO watched VALUES (2)
error	SELECT current_setting(card) FROM customers
refused	SELECT set_config(card, $$x$$, false) FROM customers
error	SELECT (card || 'x')::regoper FROM customers
error	SELECT (card || 'x')::regcollation FROM customers
error	SELECT (card || '.x')::regclass FROM customers
error	SELECT has_table_privilege(card || '.x', 'select') FROM customers
error	SELECT has_table_privilege(card, 'select'), to_regclass(card) FROM customers
masked	LOCK TABLE customers; SELECT card FROM ONLY customers FOR UPDATE
masked	SELECT card FROM customers TABLESAMPLE SYSTEM (100)
-- how a statement may be written
masked	SELECT /* a /* b */ */ card FROM customers
masked	SELECT card -- '⏎ FROM customers
masked	SELECT U&"c\0061rd" FROM customers
masked	SELECT U&"c!0061rd" UESCAPE '!' FROM customers
masked	SELECT E'\'', card FROM customers
masked	SELECT $x$ ' $x$, card FROM customers
masked	SET standard_conforming_strings = off ;; SELECT card FROM customers
masked	SELECT CARD FROM CUSTOMERS
masked	SELECT "card" FROM "public"."customers"
masked	SELECT postgres.public.customers.card FROM postgres.public.customers
masked	SET search_path TO other, public ;; SELECT card FROM customers
masked	SELECT set_config('search_path', 'other,public', false) ;; SELECT note, upper(note) FROM orders
masked	SET SESSION AUTHORIZATION DEFAULT ;; SELECT card FROM customers
masked	SET ROLE NONE ;; SELECT upper(card) FROM customers
-- the whole row, and functions in the notation of columns
masked	SELECT customers FROM customers
masked	SELECT card(customers) FROM customers
masked	SELECT customers::text, customers::text::varchar FROM customers
masked	SELECT concat(customers), format('%s', customers), quote_literal(customers) FROM customers
masked	SELECT string_agg(customers::text, ','), min(customers::text), json_agg(customers) FROM customers
masked	SELECT (array_agg(c))[1].card FROM customers c
masked	SELECT (SELECT c FROM customers c LIMIT 1).card
masked	SELECT (c).* FROM customers c
masked	SELECT d FROM customers AS c (a, b, d)
masked	SELECT c.* FROM (SELECT * FROM customers) c
masked	SELECT ctid, xmin, tableoid, * FROM customers
masked	SELECT hstore(c), svals(hstore(c)) FROM customers c
masked	SELECT hstore('a', card) -> 'a' FROM customers
-- functions that only pass on
masked	SELECT convert_from(convert_to(card, 'UTF8'), 'UTF8'), card COLLATE "C", card::varchar(20)::char(20) FROM customers
masked	SELECT quote_ident(card), repeat(card, 2), lpad(card, 20), translate(card, 'x', 'y'), replace(card, 'x', 'y'), btrim(card) FROM customers
masked	SELECT regexp_replace(card, '^', ''), regexp_matches(card, '(.*)'), regexp_substr(card, '.*'), split_part(card, ',', 1) FROM customers
masked	SELECT to_char(card::bigint, '9999999999999999'), card::numeric, card::bigint::text, abs(card::numeric) FROM customers
masked	SELECT string_to_array(card, ','), array_fill(card, ARRAY[1]), array_append(ARRAY['a'], card), array_to_string(ARRAY[card], '') FROM customers
masked	SELECT to_tsvector('simple', card), to_tsquery('simple', card), ts_headline('simple', card, to_tsquery('simple', 'x')) FROM customers
masked	SELECT card::json, card::jsonb, to_jsonb(card) #>> '{}' FROM customers
masked	SELECT string_agg(substr(card, i, 1), '' ORDER BY i) FROM customers, generate_series(1, 16) i WHERE id = 1
masked	SELECT string_agg(chr(ascii(substr(card, i, 1))), '' ORDER BY i) FROM customers, generate_series(1, 16) i WHERE id = 1
masked	SELECT mode() WITHIN GROUP (ORDER BY card), percentile_disc(0) WITHIN GROUP (ORDER BY card) FROM customers
masked	SELECT max(card) FILTER (WHERE true), array_agg(DISTINCT card), json_object_agg(id, card) FROM customers
masked	SELECT nth_value(card, 1) OVER w, last_value(card) OVER w FROM customers WINDOW w AS (PARTITION BY id)
masked	SELECT jsonb_path_query(to_jsonb(c), '$.card'), jsonb_path_query_array(to_jsonb(c), '$.*') FROM customers c
masked	SELECT jsonb_set('{}', '{a}', to_jsonb(card)), jsonb_build_array(card), jsonb_pretty(to_jsonb(c)) FROM customers c
masked	SELECT xmlagg(xmlelement(name a, card)), xmlconcat(xmlelement(name b, xmlattributes(max(card) AS c))) FROM customers
masked	SELECT x.* FROM customers, XMLTABLE('/a' PASSING xmlelement(name a, card) COLUMNS c text PATH '.') x
masked	SELECT xpath('/a/text()', xmlelement(name a, card)) FROM customers
masked	SELECT decode(encode(card::bytea, 'hex'), 'hex')::text, encode(card::bytea, 'escape') FROM customers
masked	SELECT md5(card), card FROM customers
masked	SELECT crosstab.* FROM crosstab('SELECT id, name, card FROM customers') AS crosstab (a int, b text)
masked	SELECT word FROM ts_stat('SELECT to_tsvector(''simple'', card) FROM customers')
masked	SELECT ts_rewrite('x'::tsquery, 'SELECT ''x''::tsquery, plainto_tsquery(''simple'', card) FROM customers WHERE id = 1')
masked	SELECT database_to_xml(true, true, '')
masked	SELECT schema_to_xml('public', true, true, '')
masked	SELECT table_to_xml_and_xmlschema('customers', true, true, '')
masked	SELECT query_to_xml_and_xmlschema('SELECT card FROM customers', true, true, '')
masked	BEGIN ;; DECLARE d CURSOR FOR SELECT card FROM customers ;; SELECT cursor_to_xml('d', 5, true, true, '')
masked	SELECT total(card) FROM customers
-- joins, sets, subqueries
masked	SELECT card FROM customers INTERSECT SELECT card FROM customers
masked	SELECT card FROM customers EXCEPT SELECT note FROM orders
masked	SELECT note FROM orders UNION SELECT card FROM cards
masked	WITH RECURSIVE r AS (SELECT card FROM customers UNION SELECT card FROM r) SELECT card FROM r
masked	WITH RECURSIVE r (n, t) AS (SELECT 1, card FROM customers UNION ALL SELECT n + 1, t FROM r WHERE n < 2) SELECT t FROM r
masked	WITH w AS MATERIALIZED (SELECT c FROM customers c) SELECT (c).card FROM w
masked	WITH orders AS (SELECT 1 AS id, card AS note FROM customers) SELECT note FROM orders
masked	WITH w AS (UPDATE customers SET name = name RETURNING card) SELECT card FROM w
masked	WITH w AS (DELETE FROM customers WHERE id = 2 RETURNING *) SELECT upper(card) FROM w
masked	SELECT * FROM (VALUES ((SELECT card FROM customers LIMIT 1))) v (x)
masked	SELECT * FROM unnest(ARRAY(SELECT card FROM customers)) u
masked	SELECT * FROM ROWS FROM (unnest(ARRAY(SELECT card FROM customers)), generate_series(1, 2)) r (a, b)
masked	SELECT * FROM regexp_split_to_table((SELECT card FROM customers LIMIT 1), ',')
masked	SELECT * FROM string_to_table((SELECT card FROM customers LIMIT 1), ',')
masked	SELECT * FROM json_to_record((SELECT to_json(c) FROM customers c LIMIT 1)) AS x (card text)
masked	SELECT value FROM customers c, jsonb_each_text(to_jsonb(c))
masked	SELECT o.note, u.card FROM orders o JOIN customers u USING (id)
masked	SELECT j.card FROM (orders JOIN customers USING (id)) j
masked	SELECT card FROM orders NATURAL JOIN customers
masked	SELECT s.x FROM orders CROSS JOIN LATERAL (SELECT card AS x FROM customers WHERE customers.id = orders.id) s
masked	SELECT CASE id WHEN 1 THEN card ELSE note END FROM orders JOIN customers USING (id)
masked	SELECT coalesce(note, card), coalesce(null, card) FROM orders JOIN customers USING (id)
masked	SELECT note FROM orders WHERE false UNION ALL SELECT max(card) FROM customers
masked	SELECT card FROM customers GROUP BY GROUPING SETS ((card), ())
masked	SELECT DISTINCT card FROM customers FETCH FIRST 1 ROW ONLY
masked	SELECT (ARRAY(SELECT card FROM customers))[1], (SELECT array_agg(card) FROM customers)[1:1]
masked	SELECT row(1, card), row(c.*)::text, (row(1, card)).f2 FROM customers c
-- views and tables of a kin
masked	UPDATE cards SET id = id RETURNING card
masked	DELETE FROM cards WHERE id = 2 RETURNING *
masked	SELECT renamed FROM renaming
masked	SELECT t FROM nested
masked	SELECT pg_get_viewdef('stored'), card FROM stored
masked	SELECT card FROM ONLY customers
masked	SELECT parts.card, part.card FROM parts JOIN part USING (id)
masked	SELECT * FROM child
masked	INSERT INTO customers VALUES (9, 'x', '1') ON CONFLICT (id) DO NOTHING RETURNING (SELECT max(card) FROM customers)
masked	INSERT INTO customers VALUES (1, 'x', '1') ON CONFLICT (id) DO UPDATE SET name = 'x' RETURNING card
-- cursors and prepared statements
masked	BEGIN ;; DECLARE d BINARY CURSOR FOR SELECT card FROM customers ;; FETCH ALL FROM d
masked	BEGIN ;; DECLARE d SCROLL CURSOR FOR SELECT card, upper(card) FROM customers ;; MOVE ALL FROM d ;; FETCH BACKWARD ALL FROM d
masked	DECLARE d CURSOR WITH HOLD FOR SELECT upper(card) FROM customers ;; FETCH 1 FROM d
masked	BEGIN ;; DECLARE d CURSOR FOR SELECT card AS note FROM customers ;; DECLARE e CURSOR FOR SELECT note FROM orders ;; FETCH d
masked	PREPARE p AS SELECT upper(card) FROM customers WHERE id = $1 ;; EXECUTE p (1)
masked	PREPARE p AS SELECT note FROM orders ;; DEALLOCATE p ;; PREPARE p AS SELECT upper(card) AS note FROM customers ;; EXECUTE p
masked	PREPARE p (text) AS SELECT $1 ;; EXECUTE p (card_of(1))
masked	PREPARE p AS UPDATE customers SET name = name RETURNING upper(card) ;; EXECUTE p
masked	PREPARE p AS SELECT 1 ;; SELECT card FROM customers ;; EXECUTE p
masked	PREPARE p AS SELECT b FROM rows_of() WHERE b = '4111222233334444' ;; EXECUTE p
-- errors, notices and notifications
error	SELECT card::date FROM customers
error	SELECT card::uuid FROM customers
error	SELECT card::inet FROM customers
error	SELECT (card || '!')::point FROM customers
error	SELECT (card || '{')::json FROM customers
error	SELECT ('<' || card)::xml FROM customers
error	SELECT card::tint FROM customers
error	SELECT to_number(card, 'x9') + card::int2 FROM customers
refused	SELECT set_config('work_mem', card, false) FROM customers
refused	SELECT set_config('DateStyle', card, true) FROM customers
refused	SELECT pg_sleep(0), nextval(card) FROM customers
error	SELECT date_trunc(card, now()) FROM customers
error	SELECT now() AT TIME ZONE card FROM customers
error	SELECT convert('x'::bytea, card, 'UTF8') FROM customers
error	SELECT encode('x', card) FROM customers
error	SELECT pg_get_serial_sequence(card, 'x') FROM customers
refused	SELECT pg_read_file(card) FROM customers
error	INSERT INTO unique_cards VALUES ('4111222233334444')
error	INSERT INTO checked VALUES ('x', '4111222233334444')
refused	INSERT INTO referring SELECT card FROM customers WHERE id = 1
error	DELETE FROM unique_cards WHERE card = '4111222233334444'
error	CREATE UNIQUE INDEX x ON repeated ((1), (card || ''))
error	CREATE INDEX x ON customers ((card::int))
error	BEGIN ;; INSERT INTO deferred VALUES ('4111222233334444') ;; COMMIT
message	DO $$ BEGIN RAISE WARNING '%', (SELECT card FROM customers WHERE id = 1); END $$
message	CALL shout()
message	LISTEN c ;; DO $$ BEGIN PERFORM pg_notify('c', (SELECT card FROM customers WHERE id = 1)); END $$
refused	LISTEN c ;; SELECT pg_notify('c', card) FROM customers
-- what the server collects
masked	SELECT most_common_vals, histogram_bounds FROM pg_stats WHERE tablename = 'repeated'
masked	SELECT * FROM pg_stats WHERE attname = 'card'
masked	SELECT array_to_string(stavalues1, ',') FROM pg_statistic WHERE stavalues1 IS NOT NULL
masked	SELECT query FROM (SELECT * FROM pg_stat_activity) a WHERE query LIKE '%4111222233334444%'
masked	SELECT most_common_vals FROM pg_stats_ext
masked	EXPLAIN SELECT * FROM customers WHERE card > '4111222233334444'
masked	EXPLAIN (FORMAT json, ANALYZE) SELECT * FROM customers WHERE card = '4111222233334444'
masked	EXPLAIN VERBOSE SELECT * FROM repeated WHERE card IN ('4111222233334444', 'x')
masked	PREPARE p (text) AS SELECT * FROM customers WHERE card = $1 ;; EXPLAIN EXECUTE p ('4111222233334444')
masked	SELECT statement FROM pg_prepared_statements UNION ALL SELECT max(card) FROM customers
-- COPY
masked	COPY customers TO STDOUT (FORMAT csv, HEADER, DELIMITER '|', QUOTE '''', ESCAPE '\')
masked	COPY (SELECT id, card FROM customers ORDER BY 1) TO STDOUT (DELIMITER ';', NULL '4111222233334444')
masked	COPY (WITH w AS (SELECT card FROM customers) SELECT * FROM w) TO STDOUT
masked	COPY (SELECT card_of(1)) TO STDOUT
masked	COPY (VALUES ((SELECT card FROM customers WHERE id = 1))) TO STDOUT
masked	COPY (SELECT row_to_json(c) FROM customers c) TO STDOUT
refused	COPY (DELETE FROM customers WHERE id = 2 RETURNING *) TO STDOUT
masked	COPY part TO STDOUT
masked	COPY child (card) TO STDOUT (FORMAT binary)
masked	BEGIN ;; COPY customers TO STDOUT ;; COPY (SELECT card FROM customers) TO STDOUT CSV
