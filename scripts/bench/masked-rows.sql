SELECT * FROM bench_rows;
