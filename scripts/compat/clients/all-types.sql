-- Every built-in type a table can hold, with values at their edges; and what else pg_dump writes down.
CREATE TYPE mood AS ENUM ('sad', 'it''s fine', 'happy');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TYPE pair AS (a int, b text);

CREATE TABLE everything (
  id serial PRIMARY KEY, a_smallint smallint, a_int int, a_bigint bigint, a_numeric numeric, a_scaled numeric(10, 2), a_real real,
  a_double double precision, a_money money, a_bool boolean, a_char "char", a_bpchar char(5), a_varchar varchar(20), a_text text,
  a_name name, a_bytea bytea, a_bit bit(8), a_varbit bit varying(12), a_date date, a_time time, a_timetz timetz,
  a_timestamp timestamp, a_timestamptz timestamptz, an_interval interval, a_uuid uuid, a_json json, a_jsonb jsonb,
  a_jsonpath jsonpath, an_xml xml, an_inet inet, a_cidr cidr, a_macaddr macaddr, a_macaddr8 macaddr8, a_point point, a_line line,
  an_lseg lseg, a_box box, a_path path, a_polygon polygon, a_circle circle, a_tsvector tsvector, a_tsquery tsquery, an_oid oid,
  a_regclass regclass, a_pg_lsn pg_lsn, a_txid xid8, a_range int4range, a_daterange daterange, a_multirange nummultirange,
  an_array int[], a_matrix text[][], a_mood mood, a_positive positive, a_pair pair, a_generated int GENERATED ALWAYS AS (a_int * 2) STORED
);
COMMENT ON TABLE everything IS E'a table''s comment\nof two lines';

INSERT INTO everything (id) VALUES (1);
INSERT INTO everything VALUES (
  2, -32768, 2147483647 / 2, 9223372036854775807, 'NaN', -99999999.99, '-Infinity', 1e-300, '-12.34', true, 'x', 'ab', 'a varchar',
  E'tab\t newline\n backslash\\ quote'' Grüße 世界 🚪', 'a_name', '\x00ff10', B'10101010', B'1', '4714-11-24 BC', '23:59:59.999999',
  '00:00:00+14', 'infinity', '2024-02-29 12:34:56.789+02', '1 year -2 mons 3 days 04:05:06.789', '6f1c1a52-8a1e-4b7e-9a53-0f8d3c2b1a00',
  '{"a":  1}', '{"b": [null, "\u00e9"]}', '$.a[*] ? (@ > 1)', '<a b="c">d</a>', '10.1.2.3/8', '2001:db8::/32', '08:00:2b:01:02:03',
  '08:00:2b:01:02:03:04:05', '(1,2)', '{1,2,3}', '[(0,0),(1,1)]', '((0,0),(1,1))', '[(0,0),(1,1),(2,0)]', '((0,0),(1,1),(2,0))',
  '<(0,0),5>', 'a:1 fat:2B cat:3', 'fat & !rat', 4294967295, 'pg_class', '16/B374D848', '18446744073709551615', '[1,10)',
  '(,2024-01-01)', '{[1,2),(3,4]}', '{1,NULL,3}', '{{"a,b","c\"d"},{NULL,"NULL"}}', 'it''s fine', 7, '(1,"a,b")'
);
INSERT INTO everything (id, a_int, a_text, a_bytea)
  SELECT i, i, repeat(chr(256 + i), i % 500), decode(repeat(lpad(to_hex(i % 256), 2, '0'), i % 300), 'hex') FROM generate_series(3, 3000) i;

CREATE VIEW marked AS SELECT id, a_text FROM everything WHERE a_positive IS NOT NULL;
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM everything;
CREATE INDEX everything_text ON everything (lower(a_text));
CREATE SEQUENCE odd INCREMENT 2 START 7;
SELECT nextval('odd'), nextval('odd');
CREATE FUNCTION add(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS $body$ SELECT a + b; -- not; two $$ statements
$body$;
CREATE TABLE parts (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE parts_2024 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO parts SELECT i, date '2024-01-01' + i FROM generate_series(0, 300) i;
ALTER TABLE parts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON parts USING (id > 0);
