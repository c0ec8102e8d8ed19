import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.*;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Timer;
import java.util.TimerTask;
import java.util.UUID;
import org.postgresql.PGConnection;

/** pgjdbc. Everything comes from PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE. */
public class Checks {
  interface Check {
    void run() throws Exception;
  }

  static Connection db;

  static void connect() throws Exception {
    Map<String, String> env = System.getenv();
    String url = "jdbc:postgresql://" + env.get("PGHOST") + ":" + env.get("PGPORT") + "/" + env.get("PGDATABASE");
    db = DriverManager.getConnection(url, env.get("PGUSER"), env.get("PGPASSWORD"));
    try (ResultSet rows = db.createStatement().executeQuery("SELECT current_database()")) {
      rows.next();
      same(env.get("PGDATABASE"), rows.getString(1));
    }
  }

  /** Twelve times: from the sixth on, pgjdbc uses a named statement and skips Describe. */
  static void valuesComeBack() throws Exception {
    String sql = "SELECT ?::int8, ?::numeric, ?::text, ?::bytea, ?::timestamptz, ?::jsonb, ?::int[], ?::uuid, ?::bool, ?::float8, ?::text";
    OffsetDateTime when = OffsetDateTime.of(2024, 2, 29, 12, 34, 56, 789000000, ZoneOffset.UTC);
    UUID uuid = UUID.fromString("6f1c1a52-8a1e-4b7e-9a53-0f8d3c2b1a00");
    byte[] bytes = {0, 1, (byte) 255};
    try (PreparedStatement statement = db.prepareStatement(sql)) {
      for (int i = 0; i < 12; i++) {
        statement.setLong(1, 9007199254740993L + i);
        statement.setBigDecimal(2, new BigDecimal("12345.6789"));
        statement.setString(3, "Grüße, 世界 🚪");
        statement.setBytes(4, bytes);
        statement.setObject(5, when);
        statement.setString(6, "{\"k\": [1, null]}");
        statement.setArray(7, db.createArrayOf("int4", new Integer[] {1, 2, 3}));
        statement.setObject(8, uuid);
        statement.setBoolean(9, true);
        statement.setDouble(10, 1.5);
        statement.setNull(11, Types.VARCHAR);
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          same(9007199254740993L + i, row.getLong(1));
          same(new BigDecimal("12345.6789"), row.getBigDecimal(2));
          same("Grüße, 世界 🚪", row.getString(3));
          same(true, Arrays.equals(bytes, row.getBytes(4)));
          same(when, row.getObject(5, OffsetDateTime.class).withOffsetSameInstant(ZoneOffset.UTC));
          same("{\"k\": [1, null]}", row.getString(6));
          same("[1, 2, 3]", Arrays.toString((Integer[]) row.getArray(7).getArray()));
          same(uuid, row.getObject(8));
          same(true, row.getBoolean(9));
          same(1.5, row.getDouble(10));
          same(null, row.getString(11));
        }
      }
    }
  }

  static void binary() throws Exception {
    try (PreparedStatement statement = db.prepareStatement("SELECT i, i::int8, now() FROM generate_series(1, 3) i")) {
      statement.unwrap(org.postgresql.PGStatement.class).setPrepareThreshold(-1); // binary from the first time on
      for (int i = 0; i < 3; i++) {
        try (ResultSet rows = statement.executeQuery()) {
          for (int n = 1; n <= 3; n++) {
            same(true, rows.next());
            same(n, rows.getInt(1));
            same((long) n, rows.getLong(2));
          }
        }
      }
    }
  }

  static void prepared() throws Exception {
    try (PreparedStatement statement = db.prepareStatement("SELECT ?::int * 2")) {
      for (int i = 0; i < 12; i++) {
        statement.setInt(1, i);
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          same(2 * i, row.getInt(1));
        }
      }
    }
  }

  static void transaction() throws Exception {
    db.setAutoCommit(false);
    run("INSERT INTO kept VALUES (1)");
    db.rollback();
    run("INSERT INTO kept VALUES (2)");
    db.commit();
    db.setAutoCommit(true);
    same(2, number("SELECT sum(id) FROM kept"));
  }

  static void errors() throws Exception {
    fails("42601", "SELEC 1");
    db.setAutoCommit(false);
    fails("23505", "INSERT INTO kept VALUES (2)");
    fails("25P02", "SELECT 1");
    db.rollback();
    db.setAutoCommit(true);
    same(1, number("SELECT 1"));
  }

  static void copy() throws Exception {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 5000; i++) lines.append(i).append("\tword ").append(i).append('\n');
    byte[] sent = lines.toString().getBytes(StandardCharsets.UTF_8);
    var api = db.unwrap(PGConnection.class).getCopyAPI();
    same(5000L, api.copyIn("COPY copied FROM STDIN", new ByteArrayInputStream(sent)));
    var out = new ByteArrayOutputStream();
    api.copyOut("COPY (SELECT * FROM copied ORDER BY id) TO STDOUT", out);
    same(true, Arrays.equals(sent, out.toByteArray()));
  }

  static void large() throws Exception {
    try (ResultSet rows = db.createStatement().executeQuery("SELECT i, repeat('x', 200) FROM generate_series(1, 100000) i")) {
      int seen = 0;
      while (rows.next()) seen++;
      same(100000, seen);
    }
  }

  static void cursor() throws Exception {
    db.setAutoCommit(false);
    try (PreparedStatement statement = db.prepareStatement("SELECT generate_series(1, 250)")) {
      statement.setFetchSize(100);
      for (int time = 0; time < 8; time++) {
        try (ResultSet rows = statement.executeQuery()) {
          int seen = 0;
          while (rows.next()) seen++;
          same(250, seen);
        }
      }
    }
    db.commit();
    db.setAutoCommit(true);
  }

  static void pipeline() throws Exception {
    try (PreparedStatement statement = db.prepareStatement("INSERT INTO copied VALUES (?, ?)")) {
      for (int i = 0; i < 500; i++) {
        statement.setInt(1, 10000 + i);
        statement.setString(2, "batch");
        statement.addBatch();
      }
      same(500, statement.executeBatch().length);
    }
    same(500, number("SELECT count(*) FROM copied WHERE word = 'batch'"));
  }

  static void cancel() throws Exception {
    Statement statement = db.createStatement();
    Timer timer = new Timer(true);
    timer.schedule(new TimerTask() {
      @Override
      public void run() {
        try {
          statement.cancel();
        } catch (SQLException ignored) {
          // The sleeping query then simply does not end in time.
        }
      }
    }, 300);
    try {
      statement.execute("SELECT pg_sleep(20)");
      throw new AssertionError("the query was not cancelled");
    } catch (SQLException error) {
      same("57014", error.getSQLState());
    }
  }

  static void listen() throws Exception {
    run("LISTEN bell");
    run("NOTIFY bell, 'ding'");
    var heard = db.unwrap(PGConnection.class).getNotifications(5000);
    same("ding", heard[0].getParameter());
    db.close();
  }

  static void run(String sql) throws SQLException {
    try (Statement statement = db.createStatement()) {
      statement.execute(sql);
    }
  }

  static int number(String sql) throws SQLException {
    try (Statement statement = db.createStatement(); ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getInt(1);
    }
  }

  static void fails(String code, String sql) {
    try {
      run(sql);
    } catch (SQLException error) {
      same(code, error.getSQLState());
      return;
    }
    throw new AssertionError("expected SQLSTATE " + code + ", got a result");
  }

  static void same(Object want, Object got) {
    if (!Objects.equals(want, got)) throw new AssertionError("got " + got + ", want " + want);
  }

  public static void main(String[] args) {
    Map<String, Check> checks = new LinkedHashMap<>();
    checks.put("connect", Checks::connect);
    checks.put("types", Checks::valuesComeBack);
    checks.put("prepared", Checks::prepared);
    checks.put("binary", Checks::binary);
    checks.put("transaction", Checks::transaction);
    checks.put("errors", Checks::errors);
    checks.put("copy", Checks::copy);
    checks.put("large", Checks::large);
    checks.put("cursor", Checks::cursor);
    checks.put("pipeline", Checks::pipeline);
    checks.put("cancel", Checks::cancel);
    checks.put("notify", Checks::listen);
    int failed = 0;
    for (var check : checks.entrySet()) {
      try {
        check.getValue().run();
        System.out.println("ok " + check.getKey());
      } catch (Exception | AssertionError error) {
        failed = 1;
        System.out.println("failed " + check.getKey() + ": " + String.valueOf(error.getMessage()).split("\n")[0]);
        if (db == null) break;
      }
    }
    System.exit(failed);
  }
}
