-- Ways to see what masks hide. Each line: what must happen through the gateway, a tab, and the attempt, whose
-- messages are parted by ` ;; `. `⏎` stands for a newline; lines that begin with `--` are comments.
--   masked   rows come, without it   error    the server's error, without its words
--   nothing  no rows at all          refused  the gateway does not let it run
-- Run directly at MariaDB against the database of evasion-seed.sql, each shows the secret. See evasion.test.ts.
-- columns, aliases, expressions
masked	SELECT * FROM customers
masked	SELECT card FROM customers
masked	SELECT card AS name FROM customers
masked	SELECT c.card FROM customers AS c
masked	SELECT `card` FROM `shop`.`customers`
masked	SELECT CARD FROM shop.customers
masked	SELECT/**/card/**/FROM/**/customers
masked	SELECT card # name⏎FROM customers
masked	SELECT -- name⏎card FROM customers
masked	SELECT concat(card, '') FROM customers
masked	SELECT substring(card, 1, 12), substring(card, 5) FROM customers
masked	SELECT left(card, 12), right(card, 12), mid(card, 3, 10) FROM customers
masked	SELECT hex(card) FROM customers
masked	SELECT to_base64(card) FROM customers
masked	SELECT reverse(card) FROM customers
masked	SELECT cast(card AS char), cast(card AS unsigned), card + 0, binary card FROM customers
masked	SELECT convert(card USING latin1), convert(card USING utf16) FROM customers
masked	SELECT trim(card), lower(card), replace(card, 'x', ''), lpad(card, 20, ' '), insert(card, 1, 0, ''), quote(card) FROM customers
masked	SELECT concat_ws(',', name, card), format(card, 0), elt(1, card), nullif(card, ''), greatest(card, ''), unhex(hex(card)) FROM customers
masked	SELECT from_base64(to_base64(card)), uncompress(compress(card)), aes_decrypt(aes_encrypt(card, 'k'), 'k') FROM customers
masked	SELECT regexp_replace(card, 'x', ''), regexp_substr(card, '.*'), sformat('{}', card) FROM customers
masked	SELECT group_concat(card) FROM customers
masked	SELECT group_concat(DISTINCT card ORDER BY card SEPARATOR ';') FROM customers
masked	SELECT json_arrayagg(card) FROM customers
masked	SELECT json_objectagg(id, card) FROM customers
masked	SELECT json_object('x', card), json_array(card), json_quote(card), json_set('{}', '$.a', card), json_unquote(json_quote(card)) FROM customers
masked	SELECT json_extract(json_object('x', card), '$.x'), json_value(json_object('x', card), '$.x'), json_detailed(json_array(card)) FROM customers
masked	SELECT column_json(column_create('x', card)), column_get(column_create('x', card), 'x' AS char) FROM customers
masked	SELECT max(card), min(card) FROM customers
masked	SELECT sum(card), avg(card), bit_or(card) FROM customers
masked	SELECT if(id > 0, card, ''), case when id > 0 then card end, coalesce(card, ''), ifnull(card, ''), nvl(card, '') FROM customers
masked	SELECT ROW(card, 1) = ROW(card, 1), card IN (card), card FROM customers
masked	SELECT card COLLATE latin1_bin FROM customers
masked	SELECT DISTINCT card FROM customers
masked	SELECT card FROM customers GROUP BY card WITH ROLLUP
masked	SELECT card, count(*) FROM customers GROUP BY 1 HAVING card > ''
masked	SELECT first_value(card) OVER (ORDER BY id), lag(card, 0) OVER (ORDER BY id), nth_value(card, 1) OVER () FROM customers
masked	SELECT row_number() OVER (ORDER BY id), card FROM customers
masked	SELECT name, card FROM customers WHERE id = 1 FOR UPDATE
masked	SELECT name, card FROM customers WHERE id = 1 LOCK IN SHARE MODE
masked	SELECT card FROM customers ORDER BY card DESC LIMIT 1 OFFSET 1
masked	SELECT password('x'), card FROM customers
masked	SELECT extractvalue(concat('<a>', card, '</a>'), '/a'), updatexml('<a/>', '/a', card) FROM customers
masked	SELECT make_set(1, card), export_set(1, card, ''), soundex('x'), inet_aton(card), card FROM customers
masked	SELECT (SELECT card FROM customers LIMIT 1)
masked	SELECT 1, (SELECT card FROM customers LIMIT 1) AS two FROM orders
masked	SELECT name_const('x', '4'), (SELECT min(card) FROM customers)
masked	SELECT card FROM numbers
masked	SELECT card, card + 0, cast(card AS char), hex(concat(card)) FROM numbers
masked	SELECT card, card_area, card_exact, json_extract(card, '$.n'), json_value(card, '$.n') FROM documents
masked	SELECT * FROM documents
masked	SELECT card FROM parts PARTITION (low)
masked	SELECT card FROM versioned FOR SYSTEM_TIME ALL
masked	SELECT * FROM versioned FOR SYSTEM_TIME BETWEEN '1980-01-01' AND now() + INTERVAL 1 DAY
masked	SELECT stored FROM made
masked	SELECT drawn, concat(drawn, ''), upper(stored) FROM made
masked	SELECT * FROM made
-- derived tables, WITH, set operations, joins
masked	SELECT x FROM (SELECT card AS x FROM customers) AS d
masked	SELECT x FROM (SELECT concat(card, '') AS x FROM customers) AS d
masked	SELECT name FROM (SELECT card AS name FROM customers) AS d
masked	SELECT name FROM (SELECT card AS name FROM customers LIMIT 5) AS d
masked	SELECT name FROM (SELECT name FROM (SELECT card AS name FROM customers) AS e) AS d
masked	SELECT customers.name FROM (SELECT card AS name FROM customers) AS customers
masked	SELECT * FROM (SELECT id, card AS name FROM customers) AS d
masked	SELECT note FROM (SELECT card AS note FROM customers) AS orders
masked	SELECT note FROM orders WHERE id < 0 UNION SELECT card FROM customers
masked	WITH w AS (SELECT card AS x FROM customers) SELECT x FROM w
masked	WITH w AS (SELECT card AS name FROM customers) SELECT name FROM w
masked	WITH w (id, name) AS (SELECT id, card FROM customers) SELECT w.name FROM w JOIN customers USING (id)
masked	WITH customers AS (SELECT card AS name FROM customers) SELECT name FROM customers
masked	WITH orders AS (SELECT card AS note FROM customers) SELECT note FROM orders
masked	WITH RECURSIVE w AS (SELECT card AS x, 1 AS n FROM customers UNION ALL SELECT x, n + 1 FROM w WHERE n < 2) SELECT x FROM w
masked	WITH a AS (SELECT card AS p FROM customers), b AS (SELECT p AS q FROM a) SELECT q FROM b
masked	SELECT jt.x FROM customers, JSON_TABLE(json_array(card), '$[*]' COLUMNS (x varchar(30) PATH '$')) AS jt
masked	SELECT jt.name FROM customers, JSON_TABLE(json_array(card), '$[*]' COLUMNS (name varchar(30) PATH '$')) AS jt
masked	SELECT card FROM customers UNION SELECT 'x'
masked	SELECT 'x' UNION ALL SELECT card FROM customers
masked	SELECT name FROM customers UNION SELECT card FROM customers
masked	SELECT name FROM customers WHERE id < 0 UNION ALL (SELECT card FROM customers)
masked	SELECT name FROM customers WHERE id < 0 UNION (SELECT card FROM customers ORDER BY id LIMIT 3)
masked	(SELECT card FROM customers)
masked	((SELECT card FROM customers) UNION (SELECT 'x')) LIMIT 3
masked	SELECT card FROM customers INTERSECT SELECT card FROM customers
masked	SELECT card FROM customers EXCEPT SELECT name FROM customers
masked	SELECT 1 FROM dual WHERE 1 = 0 UNION SELECT card FROM customers
masked	VALUES ((SELECT card FROM customers LIMIT 1))
masked	VALUES ('x'), ((SELECT card FROM customers LIMIT 1))
masked	SELECT o.note, c.card FROM orders o JOIN customers c ON c.id = o.customer
masked	SELECT c.* FROM orders o JOIN customers c ON c.id = o.customer
masked	SELECT * FROM orders o NATURAL JOIN customers c
masked	SELECT * FROM customers c1 JOIN customers c2 USING (card)
masked	SELECT card FROM customers c1 NATURAL JOIN customers c2
masked	SELECT o.*, (SELECT c.card FROM customers c WHERE c.id = o.customer) FROM orders o
masked	SELECT card FROM orders RIGHT JOIN customers ON false
masked	SELECT min(x) FROM (SELECT max(card) x FROM customers GROUP BY id) d
-- views
masked	SELECT card FROM cards
masked	SELECT loud FROM cards
masked	SELECT * FROM cards
masked	SELECT * FROM far
masked	SELECT upper(card) FROM far
masked	SELECT renamed FROM renaming
masked	SELECT * FROM renaming
masked	SELECT t FROM nested
masked	SELECT note FROM tabled
masked	SELECT id, concat(note) FROM tabled
masked	SELECT called FROM by_call
masked	SELECT extra FROM joined
masked	SELECT * FROM joined
masked	SELECT name FROM folded
masked	SELECT name FROM shadow
masked	SELECT customers.name FROM shadow AS customers
masked	SELECT note FROM tabled AS orders
masked	SELECT a.renamed AS note FROM renaming a JOIN orders o ON o.id = a.a
-- several statements, comments that some servers run
masked	SELECT 1; SELECT card FROM customers
masked	SELECT note FROM orders; SELECT card FROM customers; SELECT 2
masked	DO 1; SELECT card FROM customers
masked	SET @a = 1; SELECT card FROM customers
masked	SELECT /*!50000 card */ FROM customers
masked	SELECT /*M!100000 card */ FROM customers
masked	SELECT /*! card */ FROM customers
masked	SELECT name /*! , card */ FROM customers
masked	SELECT name FROM customers /*! UNION SELECT card FROM customers */
masked	SELECT note FROM orders WHERE 1 = 0 /*!99999 AND 1 = 1 */ /*! UNION SELECT card FROM customers */
masked	SELECT /*!32302 1, */ card FROM customers
masked	SET sql_mode = 'ANSI_QUOTES' ;; SELECT "card" FROM customers
masked	SET sql_mode = 'ANSI_QUOTES' ;; SELECT "card" AS "name" FROM "customers"
masked	SET sql_mode = 'NO_BACKSLASH_ESCAPES' ;; SELECT '\', card, '' FROM customers
masked	SET sql_mode = 'NO_BACKSLASH_ESCAPES' ;; SELECT 'x\' AS note, card FROM customers -- '
masked	SET sql_mode = 'PIPES_AS_CONCAT' ;; SELECT card || '' FROM customers
refused	SET sql_mode = 'ORACLE' ;; SELECT card || '' FROM customers
masked	SET sql_mode = 'IGNORE_SPACE' ;; SELECT concat (card, '') FROM customers
masked	SET SESSION sql_mode = concat('ANSI', '_QUOTES') ;; SELECT "card" FROM customers
masked	SET @@sql_mode := 'ANSI_QUOTES' ;; SELECT "card" FROM customers
masked	SET STATEMENT max_statement_time = 10 FOR SELECT card FROM customers
masked	SET STATEMENT sort_buffer_size = 100000, max_statement_time = 10 FOR SELECT concat(card, '') AS name FROM customers
masked	SET NAMES latin1 ;; SELECT card FROM customers
refused	SET NAMES gbk ;; SELECT card FROM customers
refused	SET NAMES sjis ;; SELECT card AS note, card FROM customers
refused	SET character_set_results = utf16 ;; SELECT card FROM customers
refused	SET character_set_results = ucs2 ;; SELECT card, name FROM customers
refused	SET character_set_results = utf32 ;; SELECT card FROM cards
masked	SET character_set_results = NULL ;; SELECT card, convert(card USING utf16) FROM customers
masked	USE information_schema ;; SELECT card FROM shop.customers
masked	USE mysql ;; USE shop ;; SELECT card FROM customers
masked	SET SESSION sql_select_limit = 1 ;; SELECT card FROM customers
refused	SELECT card FROM customers PROCEDURE ANALYSE()
masked	EXPLAIN EXTENDED SELECT card FROM customers WHERE id = 1 ;; SHOW WARNINGS
masked	EXPLAIN EXTENDED SELECT o.note FROM orders o JOIN customers c ON c.card = o.note WHERE c.id = 1 ;; SHOW WARNINGS
masked	EXPLAIN FORMAT=JSON SELECT 1 FROM orders o JOIN customers c WHERE c.id = 1 AND o.note = c.card
masked	ANALYZE FORMAT=JSON SELECT 1 FROM orders o JOIN customers c WHERE c.id = 1 AND o.note = c.card
masked	SET optimizer_trace = 'enabled=on' ;; SELECT 1 FROM orders o JOIN customers c WHERE c.id = 1 AND o.note = c.card ;; SELECT * FROM information_schema.OPTIMIZER_TRACE
-- what is run indirectly
masked	PREPARE p FROM 'SELECT card FROM customers' ;; EXECUTE p
masked	PREPARE p FROM 'SELECT card FROM customers WHERE id = ?' ;; SET @i = 1 ;; EXECUTE p USING @i
masked	PREPARE p FROM "SELECT card FROM customers" ;; PREPARE q FROM 'SELECT 1' ;; EXECUTE p
masked	PREPARE p FROM 'SELECT 1' ;; PREPARE p FROM 'SELECT card FROM customers' ;; EXECUTE p
masked	PREPARE p FROM 'SELECT note FROM orders'; PREPARE p FROM 'SELECT card FROM customers'; EXECUTE p
masked	SET @v = 'SELECT card FROM customers' ;; PREPARE p FROM @v ;; EXECUTE p
masked	SET @v = 'SELECT note FROM tabled' ;; PREPARE P FROM @v ;; EXECUTE p
masked	EXECUTE IMMEDIATE 'SELECT card FROM customers'
masked	EXECUTE IMMEDIATE 'SELECT card FROM customers WHERE id = ?' USING 1
refused	EXECUTE IMMEDIATE concat('SELECT ca', 'rd FROM customers')
refused	SET @v = 'SELECT card FROM customers' ;; EXECUTE IMMEDIATE @v
refused	CALL show_cards()
refused	CALL shop.show_cards
refused	CALL out_card(@c) ;; SELECT @c
refused	CALL named()
masked	SELECT card_of(1)
masked	SELECT shop.card_of(1) AS note FROM orders
masked	SELECT note FROM orders WHERE id IN (SELECT 1) UNION SELECT card_of(1)
refused	BEGIN NOT ATOMIC SELECT card FROM customers; END
refused	BEGIN NOT ATOMIC DECLARE m text; SELECT card INTO m FROM customers LIMIT 1; SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = m; END
refused	IF 1 THEN SELECT card FROM customers; END IF
masked	HANDLER customers OPEN ;; HANDLER customers READ FIRST
masked	HANDLER customers OPEN AS orders ;; HANDLER orders READ NEXT
masked	HANDLER shop.customers OPEN h ;; HANDLER h READ `PRIMARY` = (1)
masked	HANDLER customers OPEN h ;; HANDLER h READ card NEXT WHERE id = 1 LIMIT 1
refused	CREATE PROCEDURE mine() SELECT card FROM customers ;; CALL mine()
refused	CREATE FUNCTION mine() RETURNS text READS SQL DATA RETURN (SELECT card FROM customers LIMIT 1) ;; SELECT mine()
refused	CREATE FUNCTION mine() RETURNS text RETURN card_of(1) ;; SELECT mine()
refused	CREATE VIEW mine AS SELECT card AS x FROM customers ;; SELECT x FROM mine
refused	CREATE OR REPLACE VIEW cards AS SELECT id, card AS name FROM customers ;; SELECT name FROM cards
refused	ALTER VIEW far AS SELECT card AS note FROM customers ;; SELECT note FROM far
refused	CREATE TRIGGER mine AFTER UPDATE ON customers FOR EACH ROW INSERT INTO kept VALUES (1, NEW.card) ;; UPDATE customers SET name = 'y' ;; SELECT note FROM kept
refused	CREATE TRIGGER mine BEFORE UPDATE ON customers FOR EACH ROW SET NEW.name = OLD.card ;; UPDATE customers SET name = 'y' ;; SELECT name FROM customers
refused	CREATE TRIGGER mine BEFORE INSERT ON kept FOR EACH ROW SET NEW.note = (SELECT card FROM customers WHERE id = 1) ;; INSERT INTO kept VALUES (1, 'n') ;; SELECT note FROM kept
-- variables and what the session keeps
refused	SELECT card INTO @x FROM customers LIMIT 1 ;; SELECT @x
refused	SELECT card FROM customers LIMIT 1 INTO @x ;; SELECT concat(@x, '') AS note FROM orders
refused	SELECT @x := card FROM customers
refused	SELECT @x := card FROM customers WHERE id = 1 ;; SELECT @x AS note
refused	SELECT name FROM customers WHERE (@x := card) = '4' ORDER BY id DESC ;; SELECT @x
refused	SELECT count(*) FROM customers WHERE id = 1 AND length(@x := concat(card)) > 0 ;; SELECT @x
refused	SELECT count(*) FROM customers WHERE id = 1 GROUP BY @x := card ;; SELECT @x
refused	SET @x = (SELECT card FROM customers LIMIT 1) ;; SELECT @x
refused	SET @y = 1, @x := (SELECT concat(card, '') FROM customers WHERE id = 1) ;; SELECT @x
refused	DO @x := (SELECT card FROM customers LIMIT 1) ;; SELECT @x
refused	SET @x = (SELECT loud FROM cards LIMIT 1) ;; PREPARE p FROM 'SELECT ?' ;; EXECUTE p USING @x
refused	SET @x = card_of(1) ;; SELECT @x
refused	SELECT card_of(1) INTO @x ;; SELECT @x
refused	UPDATE customers SET name = name WHERE id = 1 AND (@x := card) IS NOT NULL ;; SELECT @x
refused	DELETE FROM customers WHERE id = 2 AND (SELECT @x := max(c.card) FROM unique_cards c) IS NULL ;; SELECT @x
refused	SET SESSION default_regex_flags = (SELECT card FROM customers LIMIT 1) ;; SELECT @@default_regex_flags
refused	SET SESSION lc_time_names = (SELECT card FROM customers LIMIT 1)
refused	SET SESSION insert_id = (SELECT card FROM numbers) ;; SELECT @@insert_id
refused	SET timestamp = (SELECT card / 10000000 FROM numbers) ;; SELECT @@timestamp * 10000000
refused	SELECT last_insert_id(card) FROM numbers ;; SELECT last_insert_id()
refused	UPDATE numbers SET card = last_insert_id(card) ;; SELECT last_insert_id()
refused	UPDATE orders SET customer = 1 WHERE last_insert_id((SELECT card FROM numbers LIMIT 1)) > 0
-- stored elsewhere and read there
refused	CREATE TABLE stolen AS SELECT card FROM customers ;; SELECT card FROM stolen
refused	CREATE TABLE stolen (x varchar(30)) SELECT card AS x FROM customers ;; SELECT x FROM stolen
refused	CREATE TABLE stolen WITH w AS (SELECT card AS x FROM customers) SELECT * FROM w ;; SELECT x FROM stolen
refused	CREATE TABLE stolen (SELECT card AS x FROM customers) ;; SELECT x FROM stolen
refused	CREATE OR REPLACE TABLE kept AS SELECT card AS note FROM customers ;; SELECT note FROM kept
refused	CREATE TEMPORARY TABLE stolen SELECT card AS x FROM customers ;; SELECT x FROM stolen
refused	CREATE TEMPORARY TABLE orders SELECT card AS note FROM customers ;; SELECT note FROM orders
refused	CREATE TABLE stolen (x varchar(30)) ENGINE = MyISAM AS VALUES ((SELECT card FROM customers LIMIT 1)) ;; SELECT * FROM stolen
refused	CREATE TABLE stolen (id int, card varchar(30)) ENGINE = MERGE UNION = (merged) ;; SELECT card FROM stolen
refused	INSERT INTO orders (customer, note) SELECT 9, card FROM customers ;; SELECT note FROM orders
refused	INSERT INTO orders (customer, note) VALUES (9, (SELECT card FROM customers LIMIT 1)) ;; SELECT note FROM orders
refused	INSERT INTO orders SET note = (SELECT card FROM customers LIMIT 1) ;; SELECT note FROM orders
refused	INSERT IGNORE INTO orders (customer, note) WITH w AS (SELECT card FROM customers) SELECT 9, card FROM w ;; SELECT note FROM orders
refused	INSERT INTO orders (id, note) VALUES (1, 'x') ON DUPLICATE KEY UPDATE note = (SELECT card FROM customers LIMIT 1) ;; SELECT note FROM orders
refused	INSERT INTO customers (id, name) VALUES (1, 'x') ON DUPLICATE KEY UPDATE name = card ;; SELECT name FROM customers
refused	INSERT INTO customers (id, name) VALUES (1, 'x') ON DUPLICATE KEY UPDATE name = concat(name, card) ;; SELECT name FROM customers
refused	INSERT INTO customers (id, name) SELECT 9, card FROM customers WHERE id = 1 ;; SELECT name FROM customers
refused	INSERT INTO orders (note) VALUES (card_of(1)) ;; SELECT note FROM orders
refused	INSERT INTO orders (note) SELECT loud FROM far ;; SELECT note FROM orders
refused	INSERT INTO orders (note) SELECT name FROM (SELECT card AS name FROM customers) d ;; SELECT note FROM orders
refused	INSERT INTO orders (note) SELECT 'x' UNION ALL SELECT card FROM customers ;; SELECT note FROM orders
masked	INSERT INTO orders (note) VALUES ('4') RETURNING (SELECT card FROM customers c WHERE c.id = 1)
refused	REPLACE INTO orders (id, customer, note) SELECT 9, 9, card FROM customers WHERE id = 1 ;; SELECT note FROM orders
refused	REPLACE INTO orders SET id = 1, note = (SELECT card FROM customers LIMIT 1) ;; SELECT note FROM orders
refused	UPDATE orders SET note = (SELECT card FROM customers LIMIT 1) ;; SELECT note FROM orders
refused	UPDATE orders o JOIN customers c ON c.id = o.customer SET o.note = c.card ;; SELECT note FROM orders
refused	UPDATE orders o, (SELECT id, card AS x FROM customers) d SET o.note = d.x WHERE d.id = 1 ;; SELECT note FROM orders
refused	UPDATE customers SET name = card ;; SELECT name FROM customers
refused	UPDATE customers SET name = concat('x', card) ;; SELECT name FROM customers
refused	UPDATE customers c JOIN customers d ON c.id = d.id SET c.name = d.card ;; SELECT name FROM customers
refused	UPDATE customers SET name = card ORDER BY id LIMIT 1 ;; SELECT name FROM customers WHERE id = 1
masked	UPDATE made SET card = card, id = 7 ;; SELECT stored FROM made
refused	INSERT INTO kept SELECT id, stored FROM made ;; SELECT note FROM kept
refused	INSERT INTO kept (id, note) SELECT plain, drawn FROM made ;; SELECT note FROM kept
refused	SELECT card INTO OUTFILE '/tmp/sallyport-evasion-1' FROM customers ;; SELECT load_file('/tmp/sallyport-evasion-1')
refused	SELECT card FROM unique_cards INTO DUMPFILE '/tmp/sallyport-evasion-2' ;; LOAD DATA INFILE '/tmp/sallyport-evasion-2' INTO TABLE orders (note) ;; SELECT note FROM orders
refused	PREPARE p FROM 'INSERT INTO orders (note) SELECT card FROM customers' ;; EXECUTE p ;; SELECT note FROM orders
refused	EXECUTE IMMEDIATE 'CREATE TABLE stolen AS SELECT card AS x FROM customers' ;; SELECT x FROM stolen
refused	ANALYZE INSERT INTO orders (note) SELECT card FROM customers ;; SELECT note FROM orders
refused	CREATE EVENT mine ON SCHEDULE AT now() + INTERVAL 1 YEAR DO INSERT INTO orders (note) SELECT card FROM customers ;; ALTER TABLE customers CHANGE card plain varchar(30) ;; SELECT plain FROM customers
-- names that come to mean something else
refused	RENAME TABLE customers TO renamed ;; SELECT card FROM renamed
refused	RENAME TABLE customers TO a, orders TO customers, a TO orders ;; SELECT card FROM orders
refused	ALTER TABLE customers RENAME TO renamed ;; SELECT card FROM renamed
refused	ALTER TABLE customers RENAME COLUMN card TO plain ;; SELECT plain FROM customers
refused	ALTER TABLE customers CHANGE card plain varchar(30) ;; SELECT plain FROM customers
refused	ALTER TABLE customers CHANGE COLUMN name card2 varchar(30), CHANGE COLUMN card name varchar(30) ;; SELECT name FROM customers
refused	ALTER TABLE customers ADD COLUMN copy varchar(30) AS (card) ;; SELECT copy FROM customers
refused	ALTER TABLE customers ADD COLUMN copy varchar(30) GENERATED ALWAYS AS (concat(card, '')) STORED ;; SELECT copy FROM customers
refused	ALTER TABLE customers ADD COLUMN copy varchar(30) DEFAULT (card) ;; SELECT copy FROM customers
refused	ALTER TABLE customers ADD COLUMN copy varchar(30) DEFAULT concat(card, '') ;; SELECT copy FROM customers
refused	ALTER TABLE customers ADD COLUMN copy varchar(30) DEFAULT trim(card) ;; SELECT copy FROM customers
refused	ALTER TABLE plain_names EXCHANGE PARTITION low WITH TABLE plain_parts ;; INSERT INTO plain_names SELECT id, card FROM parts ;; SELECT note FROM plain_names
refused	CREATE TABLE copy LIKE customers ;; INSERT INTO copy SELECT * FROM customers ;; SELECT card FROM copy
refused	CREATE DATABASE other ;; RENAME TABLE shop.customers TO other.customers ;; SELECT card FROM other.customers
refused	CREATE DATABASE IF NOT EXISTS other ;; CREATE VIEW other.mine AS SELECT card AS x FROM shop.customers ;; SELECT x FROM other.mine
refused	DROP VIEW cards; ALTER TABLE customers RENAME TO cards ;; SELECT card FROM cards
refused	SELECT 1; RENAME TABLE customers TO renamed; SELECT card FROM renamed
refused	ALTER TABLE customers RENAME TO renamed; SELECT name, card FROM renamed
-- errors and warnings that quote values
error	SELECT extractvalue(1, concat('~', (SELECT card FROM customers LIMIT 1)))
error	SELECT updatexml(1, concat('~', (SELECT card FROM customers LIMIT 1)), 1)
error	SELECT count(*), concat(card, floor(rand(0) * 2)) AS x FROM unique_cards, information_schema.columns GROUP BY x
masked	SELECT date_format(concat(card, 'x'), '%Y') FROM customers WHERE id = 1 ;; SHOW WARNINGS
masked	SELECT cast(concat('x', card) AS date) FROM customers WHERE id = 1 ;; SHOW WARNINGS
masked	SELECT str_to_date(card, '%Y-%m-%d') FROM customers ;; SHOW WARNINGS
masked	SELECT concat(card, 'x') + 0 FROM customers ;; SHOW WARNINGS
masked	SELECT inet6_ntoa(card), cast(concat(card, 'x') AS decimal(3)) FROM customers ;; SHOW WARNINGS LIMIT 5
refused	SELECT concat(card, 'x') + 0 FROM customers ;; GET DIAGNOSTICS CONDITION 1 @m = MESSAGE_TEXT ;; SELECT @m
masked	SELECT convert_tz('2020-01-01', concat('+', card), card), date_add(card, INTERVAL 1 DAY) FROM customers ;; SHOW WARNINGS
refused	INSERT INTO unique_cards SELECT card FROM customers WHERE id = 1
refused	UPDATE customers SET card = (SELECT * FROM (SELECT min(card) FROM customers) d) WHERE id = 2
error	INSERT INTO customers VALUES (9, 'Eve', '4111222233334444')
refused	INSERT INTO customers (id, card) SELECT 9, card FROM customers WHERE id = 1
error	UPDATE unique_cards SET card = concat(card, '') ;; INSERT INTO unique_cards VALUES (concat('411122', '2233334444'))
error	UPDATE customers SET name = name WHERE id = 1 AND cast(concat('x', card) AS int) = 3
error	ALTER TABLE customers MODIFY card date
refused	ALTER TABLE searched ADD COLUMN u varchar(30) AS (card) STORED, ADD UNIQUE (u), ADD COLUMN k int DEFAULT 1; INSERT INTO searched (id, card) SELECT 2, card FROM searched
error	INSERT INTO watched VALUES (1)
refused	INSERT INTO kept SELECT id, date(card) FROM customers WHERE id = 1
error	DELETE FROM unique_cards ;; SHOW ENGINE INNODB STATUS
-- RETURNING
masked	DELETE FROM customers WHERE id = 1 RETURNING card
masked	DELETE FROM customers WHERE id = 1 RETURNING concat(card, '') AS name
masked	DELETE FROM customers RETURNING *
masked	INSERT INTO customers (id, name) VALUES (8, 'Mia') RETURNING (SELECT card FROM customers c WHERE c.id = 1)
refused	INSERT INTO unique_cards SELECT concat(card, '1') FROM customers WHERE id = 1 RETURNING card
refused	REPLACE INTO customers SELECT * FROM customers WHERE id = 1 RETURNING card
masked	REPLACE INTO kept VALUES (1, 'n') RETURNING card_of(1)
-- what the server collects
masked	SHOW PROCESSLIST
masked	SHOW FULL PROCESSLIST
masked	SELECT info FROM information_schema.processlist
masked	SELECT * FROM information_schema.PROCESSLIST p
masked	SELECT processlist_info FROM performance_schema.threads
masked	SELECT argument FROM mysql.general_log
masked	SELECT * FROM mysql.general_log
masked	SELECT min_value, max_value, hex(histogram) FROM mysql.column_stats
masked	SELECT json_arrayagg(min_value) FROM mysql.column_stats
masked	SET GLOBAL innodb_ft_aux_table = 'shop/searched' ;; SELECT * FROM information_schema.INNODB_FT_INDEX_CACHE
masked	SHOW BINLOG EVENTS
masked	SHOW BINLOG EVENTS LIMIT 500
masked	SET profiling = 1 ;; SELECT name FROM customers WHERE card = "4111222233334444" ;; SHOW PROFILES
masked	SET STATEMENT max_statement_time = 9 FOR SHOW FULL PROCESSLIST
-- more names
masked	USE information_schema ;; SELECT x FROM (SELECT card AS x FROM shop.customers) AS d
masked	USE information_schema ;; SELECT table_name FROM (SELECT card AS table_name FROM shop.customers) AS tables
masked	USE mysql ;; SELECT user FROM (SELECT card AS user FROM shop.customers) AS d
masked	SELECT loud FROM cards AS orders
masked	SELECT card AS note FROM cards AS orders
masked	SELECT note FROM joined o JOIN (SELECT card FROM customers) AS d ON true UNION SELECT loud FROM cards
masked	SELECT orders.loud FROM cards AS orders JOIN (SELECT 1) AS one
masked	SELECT orders.note FROM (SELECT 1) AS one, (SELECT card AS note FROM customers) AS orders, shop.orders AS x
masked	SELECT o.a, o.renamed AS id FROM renaming AS o, (SELECT 1) AS one
masked	SELECT *, card AS name FROM customers
masked	SELECT o.*, card AS name, c.id FROM orders o, customers c
masked	SELECT c.*, card AS id, c.* FROM customers c
masked	SELECT shop.customers.* FROM customers
masked	SELECT card_name FROM (SELECT min(card) AS card_name FROM customers) AS d
refused	ALTER TABLE customers ADD COLUMN copy varchar(30) DEFAULT card ;; SELECT copy FROM customers
refused	ALTER TABLE customers ADD COLUMN copy varchar(30) DEFAULT `card` ;; SELECT copy FROM customers
-- MySQL's own: where one is found they are tried there, and at MariaDB through the gateway alone
mysql	TABLE customers
mysql	SELECT any_value(card) FROM customers
mysql	VALUES ROW((SELECT card FROM customers WHERE id = 1))
mysql	SELECT d.x FROM LATERAL (SELECT card AS x FROM customers) AS d
mysql	SELECT d.name FROM customers AS c, LATERAL (SELECT c.card AS name) AS d
mysql	SELECT x FROM (SELECT card FROM customers) AS d (x)
mysql	SELECT note FROM (SELECT id, card FROM customers) AS orders (id, note)
mysql	SELECT name FROM (TABLE customers) AS d (id, card, name)
mysql	CREATE TABLE stolen TABLE customers ;; TABLE stolen
mysql	INSERT INTO kept SELECT id, card FROM (TABLE customers) AS d ;; TABLE kept
mysql	EXPLAIN FORMAT=TREE SELECT 1 FROM orders o JOIN customers c WHERE c.id = 1 AND o.note = c.card
mysql	EXPLAIN SELECT card FROM customers WHERE id = 1 ;; SHOW WARNINGS
mysql	SELECT histogram FROM information_schema.column_statistics
mysql	SELECT digest_text, query_sample_text FROM performance_schema.events_statements_summary_by_digest
mysql	SELECT sql_text FROM performance_schema.events_statements_history_long
mysql	SELECT current_statement FROM sys.session
mysql	SELECT lock_data FROM performance_schema.data_locks
mysql	BEGIN ;; SELECT 1 FROM unique_cards FOR UPDATE ;; SELECT lock_data FROM performance_schema.data_locks
mysql	SELECT variable_value FROM performance_schema.user_variables_by_thread
mysql	SELECT gtid_subset(card, card) FROM unique_cards
mysql	SELECT st_pointfromgeohash(card, 0), st_latfromgeohash(card) FROM unique_cards
mysql	SELECT bin_to_uuid(card) FROM unique_cards
mysql	SELECT json_storage_size(card), json_schema_validation_report('{"maxLength": 1}', json_quote(card)) FROM unique_cards
mysql	SELECT statement_digest_text(concat('SELECT x', card)) FROM unique_cards
mysql	INSERT INTO customers (id, name) VALUES (1, 'x') AS new ON DUPLICATE KEY UPDATE name = customers.card ;; SELECT name FROM customers
