-- sysbench: one client that reads a whole table over and over.
function thread_init()
  connection = sysbench.sql.driver():connect()
end

function event()
  connection:query("SELECT * FROM bench_rows"):free()
end

function thread_done()
  connection:disconnect()
end
