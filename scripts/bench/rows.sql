SELECT i, repeat('x', 100) FROM generate_series(1, 100000) i;
