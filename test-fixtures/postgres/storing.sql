-- Ways to store what masks hide where no mask finds it, and to read it there. `;;` parts messages; lines
-- that begin with `--` are comments. The database is that of storing-seed.sql. See storing.test.ts.
-- functions of the server that read what their arguments name
INSERT INTO notes VALUES (9, table_to_xml('customers', true, true, '')::text) ;; SELECT note FROM notes
INSERT INTO notes SELECT 9, query_to_xml('SELECT card FROM customers', true, true, '')::text ;; SELECT note FROM notes
INSERT INTO notes SELECT 9, xmlserialize(content schema_to_xml('public', true, true, '') AS text) ;; SELECT note FROM notes
UPDATE notes SET note = table_to_xml('customers', true, true, '')::text WHERE id = 1 ;; SELECT note FROM notes
UPDATE notes SET (id, note) = (SELECT 1, (xpath('//card/text()', table_to_xml('customers', true, true, '')))[1]::text) WHERE id = 1 ;; SELECT note FROM notes
BEGIN ;; DECLARE c CURSOR FOR SELECT card FROM customers ;; INSERT INTO notes SELECT 9, cursor_to_xml('c', 10, true, true, '')::text ;; SELECT note FROM notes
PREPARE p (text) AS INSERT INTO notes VALUES (9, $1) ;; EXECUTE p(table_to_xml('customers', true, true, '')::text) ;; SELECT note FROM notes
PREPARE r (text) AS UPDATE notes SET note = $1 ;; EXPLAIN ANALYZE EXECUTE r(table_to_xml('customers', true, true, '')::text) ;; SELECT note FROM notes
SELECT set_config('app.x', table_to_xml('customers', true, true, '')::text, false) ;; SELECT current_setting('app.x')
SELECT set_config('app.x', (SELECT card FROM customers LIMIT 1), false) ;; SHOW app.x
SELECT set_config('app.x', card_of(1), false) ;; SHOW app.x
WITH s AS (SELECT set_config('app.x', card, false) FROM customers) SELECT count(*) FROM s ;; SHOW app.x
PREPARE s (text) AS SELECT set_config('app.x', $1, false) ;; EXECUTE s(card_of(1)) ;; SHOW app.x
SELECT setval('counter', card::bigint) FROM customers LIMIT 1 ;; SELECT last_value FROM counter
SELECT setval('counter', card::bigint) FROM customers LIMIT 1 ;; SELECT currval('counter')
SELECT setval('counter', card_of(1)::bigint) ;; INSERT INTO notes VALUES (9, currval('counter')::text) ;; SELECT note FROM notes
SELECT lo_from_bytea(4242, card::bytea) FROM customers LIMIT 1 ;; SELECT encode(lo_get(4242), 'escape')
SELECT lo_create(4243) ;; SELECT lo_put(4243, 0, card::bytea) FROM customers ;; INSERT INTO notes VALUES (9, encode(lo_get(4243), 'escape')) ;; SELECT note FROM notes
SELECT lo_from_bytea(4244, table_to_xml('customers', true, true, '')::text::bytea) ;; INSERT INTO notes SELECT 9, encode(data, 'escape') FROM pg_largeobject WHERE loid = 4244 ;; SELECT note FROM notes
SELECT pg_advisory_lock(card::bigint) FROM customers LIMIT 1 ;; SELECT classid, objid FROM pg_locks WHERE locktype = 'advisory'
SELECT pg_try_advisory_xact_lock_shared((SELECT card::bigint FROM customers LIMIT 1)), pg_sleep(0) ;; BEGIN ;; SELECT pg_advisory_xact_lock(card::bigint) FROM customers LIMIT 1 ;; SELECT objid FROM pg_locks WHERE locktype = 'advisory'
INSERT INTO notes VALUES (9, pg_read_file('PG_VERSION') || card_of(1)) ;; SELECT note FROM notes
COPY (SELECT card FROM customers) TO PROGRAM 'cat > /tmp/sallyport-storing.txt' ;; COPY notes (note) FROM PROGRAM 'cat /tmp/sallyport-storing.txt; rm -f /tmp/sallyport-storing.txt' ;; SELECT note FROM notes
INSERT INTO notes SELECT 9, card FROM dblink(format('dbname=%s user=%s password=''%s'' port=%s host=127.0.0.1', current_database(), current_user, current_setting('app.password'), current_setting('port')), 'SELECT card FROM customers') AS d (card text) ;; SELECT note FROM notes
INSERT INTO notes SELECT 9, stat.word FROM ts_stat('SELECT to_tsvector(''simple'', card) FROM customers') stat ;; SELECT note FROM notes
-- functions, operators, casts and types of one's own
INSERT INTO notes VALUES (9, card_of(1)) ;; SELECT note FROM notes
INSERT INTO notes VALUES (9, 'a' ### 'b') ;; SELECT note FROM notes
INSERT INTO notes VALUES (9, 'a'::tint) ;; SELECT note FROM notes
INSERT INTO notes SELECT 9, 'a'::tint ;; SELECT note FROM notes
INSERT INTO notes (id, note) SELECT 9, t FROM (VALUES ('a'::tint)) v (t) ;; SELECT note FROM notes
UPDATE notes SET note = 'a'::tint WHERE id = 1 ;; SELECT note FROM notes
INSERT INTO notes VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET note = 'a'::tint ;; SELECT note FROM notes
INSERT INTO notes VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET note = excluded.f ;; SELECT note FROM notes
INSERT INTO notes VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET note = notes.f ;; SELECT note FROM notes
UPDATE notes SET note = notes.f WHERE id = 1 ;; SELECT note FROM notes
UPDATE notes SET note = (notes).f WHERE id = 1 ;; SELECT note FROM notes
MERGE INTO notes USING (VALUES (1)) v (id) ON notes.id = v.id WHEN MATCHED THEN UPDATE SET note = notes.f ;; SELECT note FROM notes
MERGE INTO notes USING (VALUES (1)) v (id) ON notes.id = v.id WHEN MATCHED THEN UPDATE SET note = 'a'::tint ;; SELECT note FROM notes
INSERT INTO notes SELECT evil.count(*), 'x' FROM orders ;; SELECT id FROM notes
INSERT INTO notes SELECT 9, evil.count(*)::text FROM customers LIMIT 1 ;; SELECT note FROM notes
SELECT evil.count(*) FROM customers
SET search_path TO evil, pg_catalog, public ;; SELECT count(*) FROM orders ;; INSERT INTO notes SELECT 9, count(*)::text FROM orders ;; SELECT note FROM notes
PREPARE q (tint) AS INSERT INTO notes VALUES (9, $1) ;; EXECUTE q('a') ;; SELECT note FROM notes
-- definitions that will read for later statements
ALTER TABLE notes ALTER note SET DEFAULT card_of(1) ;; INSERT INTO notes (id) VALUES (9) ;; SELECT note FROM notes
CREATE TABLE kept (id int, note text DEFAULT card_of(1)) ;; INSERT INTO kept VALUES (1) ;; SELECT note FROM kept
CREATE DOMAIN told AS text DEFAULT card_of(1) ;; CREATE TABLE kept2 (id int, note told) ;; INSERT INTO kept2 VALUES (1) ;; SELECT note FROM kept2
ALTER TABLE customers ADD COLUMN twin text GENERATED ALWAYS AS (card) STORED ;; SELECT twin FROM customers
ALTER TABLE notes ADD COLUMN twin text DEFAULT card_of(1) ;; SELECT twin FROM notes
ALTER TABLE notes ALTER note TYPE text USING card_of(1) ;; SELECT note FROM notes
CREATE FUNCTION fills() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.note = (SELECT card FROM customers LIMIT 1); RETURN NEW; END' ;; CREATE TRIGGER fills BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION fills() ;; INSERT INTO notes VALUES (9, 'x') ;; SELECT note FROM notes
CREATE TRIGGER takes BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION takes() ;; INSERT INTO notes VALUES (9, 'x') ;; SELECT note FROM notes
CREATE RULE also AS ON INSERT TO orders DO ALSO INSERT INTO notes SELECT 9, card FROM customers LIMIT 1 ;; INSERT INTO orders VALUES (9, 'x') ;; SELECT note FROM notes
CREATE FUNCTION tells(tone) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT card FROM public.customers LIMIT 1' ;; CREATE CAST (tone AS text) WITH FUNCTION tells(tone) AS ASSIGNMENT ;; INSERT INTO notes VALUES (9, 'a'::tone) ;; SELECT note FROM notes
CREATE CAST (tone AS text) WITH FUNCTION sings(tone) AS ASSIGNMENT ;; INSERT INTO notes VALUES (9, 'a'::tone) ;; SELECT note FROM notes
CREATE VIEW peek AS SELECT card AS x FROM customers ;; INSERT INTO notes SELECT 9, x FROM peek ;; SELECT note FROM notes
CREATE MATERIALIZED VIEW seen AS SELECT card AS x FROM customers ;; SELECT x || '' FROM seen
PREPARE w AS SELECT card_of(1) AS note ;; CREATE TABLE kept3 AS EXECUTE w ;; CREATE TABLE kept5 AS SELECT note FROM kept3 ;; SELECT note FROM kept5
CREATE TABLE kept3 AS SELECT card_of(1) AS note ;; SELECT note FROM kept3
SELECT table_to_xml('customers', true, true, '')::text AS note INTO TEMP kept4 ;; SELECT note FROM kept4
