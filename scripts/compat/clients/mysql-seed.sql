-- What the checks of MySQL's clients find, in the database shop.
CREATE TABLE kept (id int PRIMARY KEY);
CREATE TABLE loose (id int, word varchar(50));
CREATE TABLE forbidden (id int);
CREATE TABLE guarded (id int);
CREATE TABLE ignored (id int);
CREATE TABLE protected (id int PRIMARY KEY, secret varchar(40), amount int);
INSERT INTO protected VALUES (1, 'a secret', 42);
CREATE TABLE big (body longtext);
CREATE TABLE digits (d int PRIMARY KEY);
INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
CREATE TABLE numbers (n int PRIMARY KEY);
INSERT INTO numbers SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 1
  FROM digits a, digits b, digits c, digits e, digits f;
DELIMITER //
CREATE PROCEDURE two() BEGIN SELECT 1 AS a; SELECT 2 AS b; END//
