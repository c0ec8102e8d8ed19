-- Every type a column can have, with values at their edges; and what else a dump writes down. Comments with a version are
-- code to one family only: /*M! to MariaDB, /*!90000 to MySQL 9.
CREATE DATABASE source CHARACTER SET utf8mb4;
USE source;
SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION', time_zone = '+00:00';

CREATE TABLE everything (
  id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, a_tiny tinyint, a_bool bool, a_small smallint, a_medium mediumint, an_int int,
  a_big bigint, a_ubig bigint unsigned, a_filled int(8) unsigned zerofill, a_decimal decimal(65, 30), a_money decimal(10, 2), a_float float,
  a_double double, a_bit bit(1), bits bit(64), a_char char(5), a_varchar varchar(20), a_binary binary(4), a_varbinary varbinary(20),
  a_tinytext tinytext, a_text text, a_mediumtext mediumtext, a_longtext longtext, a_tinyblob tinyblob, a_blob blob, a_mediumblob mediumblob,
  a_longblob longblob, an_enum enum('sad', 'it''s fine', 'häppy'), a_set set('a', 'b', 'c d?'), a_date date, a_time time(6), a_datetime datetime(6),
  a_timestamp timestamp(3) NULL, a_year year, a_json json, a_point point, a_geometry geometry, a_latin varchar(20) CHARACTER SET latin1,
  a_sjis varchar(20) CHARACTER SET sjis, a_utf16 varchar(20) CHARACTER SET utf16, a_defaulted int DEFAULT 7, an_invisible int,
  a_virtual int GENERATED ALWAYS AS (an_int * 2) VIRTUAL, a_stored varchar(30) GENERATED ALWAYS AS (upper(a_varchar)) STORED
  /*M! , an_inet6 inet6 *//*M!100700 , a_uuid uuid *//*!90000 , a_vector vector(3) */
) COMMENT 'a table''s comment "of one" line; and a semicolon';

INSERT INTO everything (id) VALUES (1);
INSERT INTO everything SET id = 2, a_tiny = -128, a_bool = true, a_small = -32768, a_medium = -8388608, an_int = 1073741823,
  a_big = -9223372036854775808, a_ubig = 18446744073709551615, a_filled = 42,
  a_decimal = -99999999999999999999999999999999999.999999999999999999999999999999, a_money = -99999999.99, a_float = -3.40282e38,
  a_double = 1.7976931348623157e308, a_bit = b'1', bits = b'1000000000000000000000000000000000000000000000000000000000000001',
  a_char = 'ab', a_varchar = 'a varchar', a_binary = X'00ff', a_varbinary = X'00270a0d1a5c22ff', a_tinytext = '',
  a_text = 'tab\t newline\n return\r backslash\\ quote'' "double" `tick` zero\0 end\Z Grüße 世界 🚪', a_mediumtext = '-- no comment /* nor */ this; #',
  a_longtext = 'NULL', a_tinyblob = '', a_blob = X'fffefd00', a_mediumblob = X'0d0a', a_longblob = X'27', an_enum = 'it''s fine',
  a_set = 'a,c d?', a_date = '1000-01-01', a_time = '-838:59:59.000000', a_datetime = '9999-12-31 23:59:59.999999',
  a_timestamp = '1970-01-01 00:00:01.001', a_year = 1901, a_json = '{"b": [null, "\\u00e9", 1.0], "a": 1}', a_point = ST_GeomFromText('POINT(1 -2.5)'),
  a_geometry = ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))'), a_latin = 'Grüße', a_sjis = '表ソ', a_utf16 = '🚪';
INSERT INTO everything (id, a_date, a_datetime, a_time, a_year, a_double, a_float, a_char, a_set) VALUES
  (3, '0000-00-00', '0000-00-00 00:00:00', '838:59:59.999999', 2155, 5e-324, 1e-38, '', '');
/*M! UPDATE everything SET an_inet6 = '2001:db8::ff', a_uuid = '6f1c1a52-8a1e-4b7e-9a53-0f8d3c2b1a00' WHERE id = 2 */;
/*!90000 UPDATE everything SET a_vector = STRING_TO_VECTOR('[1,-2.5,3e-10]') WHERE id = 2 */;

CREATE TABLE many (n int PRIMARY KEY, word varchar(600) CHARACTER SET utf8mb4, bytes varbinary(600), KEY words (word(20))) COLLATE utf8mb4_unicode_ci;
INSERT INTO many SELECT n, repeat(char(300 + n % 20000 using utf16), n % 500), unhex(repeat(lpad(hex(n % 256), 2, '0'), n % 300)) FROM shop.numbers WHERE n <= 5000;
CREATE TABLE child (id int PRIMARY KEY, many int, CONSTRAINT kinship FOREIGN KEY (many) REFERENCES many (n) ON DELETE CASCADE, CHECK (id > 0));
INSERT INTO child VALUES (1, 1), (2, NULL);
CREATE TABLE parts (id int, day date NOT NULL) PARTITION BY RANGE (year(day)) (PARTITION old VALUES LESS THAN (2024), PARTITION rest VALUES LESS THAN MAXVALUE);
INSERT INTO parts VALUES (1, '2023-12-31'), (2, '2024-01-01');
CREATE TABLE `a ``strange`` täble; --` (`a "column"` int, `select` int);
INSERT INTO `a ``strange`` täble; --` VALUES (1, 2);
CREATE VIEW marked AS SELECT id, a_text FROM everything WHERE a_tiny IS NOT NULL;
CREATE VIEW over_it AS SELECT count(*) AS n FROM marked;
DELIMITER //
CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN n * 2//
CREATE PROCEDURE loops(IN n int, OUT total int) COMMENT 'with '' quotes; and more'
BEGIN
  -- a comment; with a semicolon
  DECLARE i int DEFAULT 0;
  SET total = 0;
  WHILE i < n DO SET total = total + i, i = i + 1; END WHILE;
END//
CREATE TRIGGER stamped BEFORE INSERT ON child FOR EACH ROW BEGIN IF NEW.many = 0 THEN SET NEW.many = NULL; END IF; END//
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 03:00:00' DISABLE DO DELETE FROM child WHERE id < 0//
