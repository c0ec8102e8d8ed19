-- Ways to see what is masked: shop.customers.card holds 4111222233334444. One statement a line; none may show the value,
-- neither as it is nor turned round, in base64 or in hexadecimal. What must still be seen stands in evasion.test.ts.
SELECT * FROM customers
SELECT card FROM customers
SELECT card AS name FROM customers
SELECT c.card FROM customers AS c
SELECT `card` FROM `shop`.`customers`
SELECT CARD FROM shop.customers
SELECT concat(card, '') FROM customers
SELECT substring(card, 1, 8), substring(card, 9) FROM customers
SELECT hex(card) FROM customers
SELECT to_base64(card) FROM customers
SELECT reverse(card) FROM customers
SELECT cast(card AS char) FROM customers
SELECT cast(card AS unsigned) FROM customers
SELECT card + 0 FROM customers
SELECT convert(card USING latin1) FROM customers
SELECT binary card FROM customers
SELECT group_concat(card) FROM customers
SELECT json_arrayagg(card) FROM customers
SELECT json_object('x', card) FROM customers
SELECT json_objectagg(id, card) FROM customers
SELECT max(card), min(card) FROM customers
SELECT any_value(card) FROM customers
SELECT if(id > 0, card, '') FROM customers
SELECT case when id > 0 then card end FROM customers
SELECT coalesce(card, '') FROM customers
SELECT ifnull(card, '') FROM customers
SELECT (SELECT card FROM customers LIMIT 1)
SELECT 1, (SELECT card FROM customers LIMIT 1) AS two FROM orders
SELECT x FROM (SELECT card AS x FROM customers) AS d
SELECT x FROM (SELECT concat(card, '') AS x FROM customers) AS d
WITH w AS (SELECT card AS x FROM customers) SELECT x FROM w
SELECT name FROM (SELECT card AS name FROM customers) AS d
SELECT name FROM (SELECT card AS name FROM customers LIMIT 5) AS d
SELECT name FROM (SELECT name FROM (SELECT card AS name FROM customers) AS e) AS d
SELECT customers.name FROM (SELECT card AS name FROM customers) AS customers
SELECT name FROM (SELECT card AS name FROM cards) AS d
WITH w AS (SELECT card AS name FROM customers) SELECT name FROM w
WITH customers AS (SELECT card AS name FROM customers) SELECT name FROM customers
SELECT d.name FROM LATERAL (SELECT card AS name FROM customers) AS d
SELECT d.name FROM customers AS c, LATERAL (SELECT c.card AS name) AS d
SELECT jt.x FROM customers, JSON_TABLE(json_array(card), '$[*]' COLUMNS (x varchar(30) PATH '$')) AS jt
SELECT jt.name FROM customers, JSON_TABLE(json_array(card), '$[*]' COLUMNS (name varchar(30) PATH '$')) AS jt
WITH RECURSIVE w AS (SELECT card AS x, 1 AS n FROM customers UNION ALL SELECT x, n + 1 FROM w WHERE n < 2) SELECT x FROM w
SELECT card FROM customers UNION SELECT 'x'
SELECT 'x' UNION ALL SELECT card FROM customers
SELECT name FROM customers UNION SELECT card FROM customers
SELECT name FROM customers WHERE id < 0 UNION ALL (SELECT card FROM customers)
(SELECT card FROM customers)
TABLE customers
SELECT card FROM customers INTERSECT SELECT card FROM customers
SELECT card FROM cards
SELECT loud FROM cards
SELECT * FROM cards
SELECT * FROM far
SELECT upper(card) FROM far
SELECT first_value(card) OVER (ORDER BY id) FROM customers
SELECT lag(card, 0) OVER (ORDER BY id) FROM customers
SELECT DISTINCT card FROM customers
SELECT card FROM customers GROUP BY card WITH ROLLUP
SELECT o.note, c.card FROM orders o JOIN customers c ON c.id = o.customer
SELECT c.* FROM orders o JOIN customers c ON c.id = o.customer
SELECT * FROM orders o NATURAL JOIN customers c
SELECT card INTO @x FROM customers LIMIT 1
SELECT @x := card FROM customers
SET @x = (SELECT card FROM customers LIMIT 1)
SELECT @x
DO @x := (SELECT card FROM customers LIMIT 1)
SELECT card INTO OUTFILE '/tmp/sallyport-outfile' FROM customers
SELECT load_file('/etc/hostname')
CREATE TABLE stolen AS SELECT card FROM customers
CREATE TEMPORARY TABLE stolen SELECT card FROM customers
CREATE TABLE stolen LIKE customers
CREATE VIEW stolen AS SELECT card AS x FROM customers
INSERT INTO orders (customer, note) SELECT 9, card FROM customers
INSERT INTO orders (customer, note) VALUES (9, (SELECT card FROM customers LIMIT 1))
REPLACE INTO orders (id, customer, note) SELECT 9, 9, card FROM customers
UPDATE orders SET note = (SELECT card FROM customers LIMIT 1)
UPDATE orders o JOIN customers c ON c.id = o.customer SET o.note = c.card
UPDATE customers SET name = card
INSERT INTO customers (id, name) VALUES (1, 'x') ON DUPLICATE KEY UPDATE name = card
SELECT note FROM orders
SELECT name FROM customers
HANDLER customers OPEN
HANDLER customers READ FIRST
SELECT extractvalue(1, concat('~', (SELECT card FROM customers LIMIT 1)))
SELECT updatexml(1, concat('~', (SELECT card FROM customers LIMIT 1)), 1)
SELECT json_extract(card, concat('$.', card)) FROM customers
SELECT exp(card) FROM customers
SELECT cast(card AS unsigned) * 1e300 * 1e300 FROM customers
INSERT INTO customers VALUES (9, 'Eve', '4111222233334444')
INSERT INTO customers (id, name, card) SELECT 9, 'Eve', card FROM customers LIMIT 1
UPDATE customers SET card = card WHERE id = 1
SHOW WARNINGS
SHOW ERRORS
SHOW PROCESSLIST
SELECT info FROM information_schema.processlist
SELECT * FROM information_schema.views
SHOW CREATE TABLE customers
SELECT * FROM mysql.general_log
SELECT min_value, max_value, hex(histogram) FROM mysql.column_stats
PREPARE p FROM 'SELECT card FROM customers'
EXECUTE p
EXECUTE IMMEDIATE 'SELECT card FROM customers'
EXECUTE IMMEDIATE concat('SELECT ca', 'rd FROM customers')
CALL show_cards()
SELECT card_of(1)
SELECT /*!50000 card */ FROM customers
SELECT /*M!100000 card */ FROM customers
SELECT name /*! , card */ FROM customers
SELECT name FROM customers /*! UNION SELECT card FROM customers */
SELECT 1 FROM dual WHERE 1 = 0 UNION SELECT card FROM customers
SELECT * FROM customers c1 JOIN customers c2 USING (card)
SELECT row_number() OVER (ORDER BY id), card FROM customers
SELECT name, card FROM customers WHERE id = 1 FOR UPDATE
EXPLAIN SELECT * FROM customers WHERE card = '4111' OR card = (SELECT card FROM customers LIMIT 1)
ANALYZE FORMAT=JSON SELECT * FROM customers WHERE card = (SELECT card FROM customers LIMIT 1)
DELETE FROM customers WHERE id = 77 RETURNING card
INSERT INTO customers VALUES (8, 'Mia', NULL) RETURNING (SELECT card FROM customers c WHERE c.id = 1)
DELETE FROM customers WHERE id = 8
SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'mine'
BEGIN NOT ATOMIC SELECT card FROM customers; END
VALUES ((SELECT card FROM customers LIMIT 1))
SELECT password('x'), name FROM customers WHERE card LIKE '4%'
RENAME TABLE customers TO renamed
SELECT card FROM renamed
RENAME TABLE renamed TO customers
ALTER TABLE customers CHANGE card plain varchar(30)
SELECT plain FROM customers
ALTER TABLE customers CHANGE plain card varchar(30)
