CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, email text NOT NULL, phone text);
INSERT INTO customers VALUES
  (1, 'Ada Example', 'ada@example.com', '+49 30 5550101'),
  (2, 'Grace Sample', 'grace@example.com', '+1 202 5550102'),
  (3, 'Linus Muster', 'linus@example.com', NULL);
CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers, total numeric(10, 2) NOT NULL);
INSERT INTO orders VALUES (1, 1, 12.50), (2, 1, 99.00), (3, 2, 7.25);
