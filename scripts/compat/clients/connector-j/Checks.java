import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.sql.*;
import java.util.*;

/**
 * Connector/J (argument `mysql`) or MariaDB's (`mariadb`). Everything comes from DB_HOST, DB_PORT, DB_USER, DB_PASSWORD,
 * DB_NAME and DB_CA.
 */
public class Checks {
  interface Check {
    void run() throws Exception;
  }

  static final Map<String, String> ENV = System.getenv();
  static String scheme;
  static Path trusted;
  static Connection db;

  /** Connector/J takes a key store; MariaDB's takes the PEM file. */
  static String trust() throws Exception {
    if (scheme.equals("mariadb")) return "sslMode=verify-full&serverSslCert=" + ENV.get("DB_CA");
    if (trusted == null) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      byte[] pem = Files.readAllBytes(Path.of(ENV.get("DB_CA")));
      store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(pem)));
      trusted = Files.createTempFile("compat", ".p12");
      trusted.toFile().deleteOnExit();
      try (var out = Files.newOutputStream(trusted)) {
        store.store(out, "compat".toCharArray());
      }
    }
    return "sslMode=VERIFY_IDENTITY&trustCertificateKeyStoreUrl=" + trusted.toUri() + "&trustCertificateKeyStorePassword=compat"
        + "&trustCertificateKeyStoreType=PKCS12";
  }

  static Connection open(String more) throws Exception {
    String url = "jdbc:" + scheme + "://" + ENV.get("DB_HOST") + ":" + ENV.get("DB_PORT") + "/" + ENV.get("DB_NAME") + "?" + trust() + more;
    return DriverManager.getConnection(url, ENV.get("DB_USER"), ENV.get("DB_PASSWORD"));
  }

  static void connect() throws Exception {
    db = open("&allowMultiQueries=true");
    same(ENV.get("DB_NAME"), one("SELECT DATABASE()"));
    same(true, db.isValid(5));
  }

  static final String TYPES = """
      SELECT CAST(? AS SIGNED), CAST(? AS DECIMAL(10,3)), CAST(? AS BINARY(3)), ? + 0e0, CAST(? AS DATETIME(3)), CAST(? AS TIME),
      CAST(? AS DATE), ?, CAST(? AS CHAR), ? + 0""";

  static void valuesComeBack(Connection connection) throws Exception {
    Timestamp when = Timestamp.valueOf("2024-02-29 12:34:56");
    try (PreparedStatement statement = connection.prepareStatement(TYPES)) {
      for (int time = 0; time < 8; time++) {
        statement.setLong(1, -9007199254740993L);
        statement.setBigDecimal(2, new BigDecimal("-12345.678"));
        statement.setBytes(3, new byte[] {0, 1, (byte) 255});
        statement.setDouble(4, 1.5);
        statement.setTimestamp(5, when);
        statement.setTime(6, Time.valueOf("12:34:56"));
        statement.setDate(7, java.sql.Date.valueOf("2024-02-29"));
        statement.setNull(8, Types.VARCHAR);
        statement.setCharacterStream(9, new StringReader("a long text"), 11);
        statement.setBoolean(10, true);
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          same(-9007199254740993L, row.getLong(1));
          same(new BigDecimal("-12345.678"), row.getBigDecimal(2));
          same("[0, 1, -1]", Arrays.toString(row.getBytes(3)));
          same(1.5, row.getDouble(4));
          same(when, row.getTimestamp(5));
          same(Time.valueOf("12:34:56"), row.getTime(6));
          same(java.sql.Date.valueOf("2024-02-29"), row.getDate(7));
          same(null, row.getString(8));
          same("a long text", row.getString(9));
          same(true, row.getBoolean(10));
        }
      }
    }
  }

  static void types() throws Exception {
    valuesComeBack(db); // what both connectors do unless told otherwise: values in the text
  }

  static void prepared() throws Exception {
    try (Connection server = open("&useServerPrepStmts=true&cachePrepStmts=true")) {
      valuesComeBack(server);
      try (PreparedStatement twice = server.prepareStatement("SELECT ? * 2")) {
        for (int i = 0; i < 12; i++) {
          twice.setInt(1, i);
          try (ResultSet row = twice.executeQuery()) {
            row.next();
            same(2 * i, row.getInt(1));
          }
        }
      }
    }
  }

  static void cursor() throws Exception {
    try (Connection server = open("&useServerPrepStmts=true&useCursorFetch=true&defaultFetchSize=100");
        PreparedStatement statement = server.prepareStatement("SELECT n FROM numbers WHERE n <= ? ORDER BY n")) {
      statement.setInt(1, 250);
      statement.setFetchSize(100);
      for (int time = 0; time < 3; time++) {
        try (ResultSet rows = statement.executeQuery()) {
          int seen = 0;
          while (rows.next()) same(++seen, rows.getInt(1));
          same(250, seen);
        }
      }
    }
  }

  static void unicode() throws Exception {
    String word = "Grüße, 世界 🚪";
    try (PreparedStatement statement = db.prepareStatement("SELECT ? AS `ключ`, '" + word + "' AS literal")) {
      statement.setString(1, word);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        same(word, row.getString("ключ"));
        same(word, row.getString("literal"));
      }
    }
  }

  static void bigValues() throws Exception {
    String body = "x".repeat(17 << 20);
    try (Connection server = open("&useServerPrepStmts=true")) {
      for (Connection connection : List.of(db, server)) {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO big VALUES (?)")) {
          insert.setCharacterStream(1, new StringReader(body), body.length());
          same(1, insert.executeUpdate());
        }
      }
      for (Connection connection : List.of(db, server)) {
        try (PreparedStatement select = connection.prepareStatement("SELECT body FROM big"); ResultSet rows = select.executeQuery()) {
          int seen = 0;
          for (; rows.next(); seen++) same(true, body.equals(rows.getString(1)));
          same(2, seen);
        }
      }
    }
  }

  static void manyRows() throws Exception {
    try (Statement statement = db.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) {
      statement.setFetchSize(scheme.equals("mysql") ? Integer.MIN_VALUE : 1000); // row by row
      try (ResultSet rows = statement.executeQuery("SELECT n, repeat('x', 200) FROM numbers")) {
        int seen = 0;
        while (rows.next()) seen++;
        same(100000, seen);
      }
    }
  }

  static void transaction() throws Exception {
    db.setAutoCommit(false);
    run("INSERT INTO kept VALUES (1)");
    db.rollback();
    run("INSERT INTO kept VALUES (2)");
    Savepoint point = db.setSavepoint("point");
    run("INSERT INTO kept VALUES (3)");
    db.rollback(point);
    db.commit();
    db.setAutoCommit(true);
    same("2", one("SELECT SUM(id) FROM kept"));
  }

  static void batch() throws Exception {
    db.setAutoCommit(false);
    try (PreparedStatement statement = db.prepareStatement("INSERT INTO loose VALUES (?, ?)")) {
      for (int i = 0; i < 500; i++) {
        statement.setInt(1, i);
        statement.setString(2, "word " + i);
        statement.addBatch();
      }
      same(500, statement.executeBatch().length);
    }
    db.commit();
    db.setAutoCommit(true);
    same("500", one("SELECT COUNT(*) FROM loose"));
  }

  static void twoResults(Statement statement, boolean rows) throws Exception {
    for (int want = 1; want <= 2; want++) {
      same(true, rows);
      try (ResultSet row = statement.getResultSet()) {
        row.next();
        same(want, row.getInt(1));
      }
      rows = statement.getMoreResults();
    }
  }

  static void results() throws Exception {
    try (Statement statement = db.createStatement()) {
      twoResults(statement, statement.execute("SELECT 1; SELECT 2"));
    }
  }

  static void call() throws Exception {
    try (CallableStatement statement = db.prepareCall("{CALL two()}")) {
      twoResults(statement, statement.execute());
    }
  }

  static void metadata() throws Exception {
    List<String> columns = new ArrayList<>();
    try (ResultSet rows = db.getMetaData().getColumns(ENV.get("DB_NAME"), null, "loose", "%")) {
      while (rows.next()) columns.add(rows.getString("COLUMN_NAME"));
    }
    same("[id, word]", columns.toString());
    try (ResultSet keys = db.getMetaData().getPrimaryKeys(ENV.get("DB_NAME"), null, "kept")) {
      same(true, keys.next());
    }
  }

  static void errors() throws Exception {
    fails(1064, "SELEC 1");
    db.setAutoCommit(false);
    run("INSERT INTO kept VALUES (3)");
    fails(1062, "INSERT INTO kept VALUES (2)");
    db.rollback();
    db.setAutoCommit(true);
    same("1", one("SELECT COUNT(*) FROM kept"));
  }

  static void denied() throws Exception {
    db.setAutoCommit(false);
    run("INSERT INTO kept VALUES (4)");
    fails(1227, "DELETE FROM forbidden WHERE id = 1");
    db.commit();
    db.setAutoCommit(true);
    same("4", one("SELECT id FROM kept WHERE id = 4"));
  }

  static void held() throws Exception {
    run("INSERT INTO guarded VALUES (1)");
    try (Connection server = open("&useServerPrepStmts=true");
        PreparedStatement statement = server.prepareStatement("INSERT INTO guarded VALUES (?)")) {
      statement.setInt(1, 2);
      same(1, statement.executeUpdate());
    }
  }

  static void heldTooLong() throws Exception {
    try (Connection hurried = open("&socketTimeout=1000"); Statement statement = hurried.createStatement()) {
      statement.executeUpdate("INSERT INTO ignored VALUES (1)");
      throw new AssertionError("an answer came");
    } catch (SQLException late) {
      same("08", late.getSQLState().substring(0, 2));
    }
    same("0", one("SELECT COUNT(*) FROM ignored"));
  }

  static void masked() throws Exception {
    try (Connection server = open("&useServerPrepStmts=true")) {
      for (Connection connection : List.of(db, server)) {
        try (PreparedStatement statement = connection.prepareStatement("SELECT secret, amount FROM protected WHERE id = ?")) {
          statement.setInt(1, 1);
          try (ResultSet row = statement.executeQuery()) {
            row.next();
            same("[redacted]", row.getString(1));
            same(null, row.getObject(2));
          }
        }
      }
    }
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
    interrupted(statement);
    same("1", one("SELECT 1"));
  }

  static void timeout() throws Exception {
    Statement statement = db.createStatement();
    statement.setQueryTimeout(1);
    interrupted(statement);
    same("1", one("SELECT 1"));
  }

  static void interrupted(Statement statement) throws Exception {
    try (ResultSet row = statement.executeQuery("SELECT SLEEP(20)")) {
      row.next();
      same(1, row.getInt(1));
    } catch (SQLException error) {
      same(true, error instanceof SQLTimeoutException || Set.of(1317, 1969, 0).contains(error.getErrorCode()));
    }
  }

  static void run(String sql) throws SQLException {
    try (Statement statement = db.createStatement()) {
      statement.execute(sql);
    }
  }

  static String one(String sql) throws SQLException {
    try (Statement statement = db.createStatement(); ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  static void fails(int code, String sql) {
    try {
      run(sql);
    } catch (SQLException error) {
      same(code, error.getErrorCode());
      return;
    }
    throw new AssertionError("expected error " + code + ", got a result");
  }

  static void same(Object want, Object got) {
    if (!Objects.equals(want, got)) throw new AssertionError("got " + got + ", want " + want);
  }

  public static void main(String[] args) {
    scheme = args[0];
    Map<String, Check> checks = new LinkedHashMap<>();
    checks.put("connect", Checks::connect);
    checks.put("types", Checks::types);
    checks.put("prepared", Checks::prepared);
    checks.put("cursor", Checks::cursor);
    checks.put("unicode", Checks::unicode);
    checks.put("big values", Checks::bigValues);
    checks.put("many rows", Checks::manyRows);
    checks.put("transaction", Checks::transaction);
    checks.put("batch", Checks::batch);
    checks.put("results", Checks::results);
    checks.put("call", Checks::call);
    checks.put("metadata", Checks::metadata);
    checks.put("errors", Checks::errors);
    if (!ENV.get("DB_ROUTE").equals("direct")) checks.put("denied", Checks::denied);
    if (!ENV.get("DB_ROUTE").equals("direct")) checks.put("held", Checks::held);
    if (!ENV.get("DB_ROUTE").equals("direct")) checks.put("held too long", Checks::heldTooLong);
    if (ENV.get("DB_ROUTE").equals("masked")) checks.put("masked", Checks::masked);
    checks.put("cancel", Checks::cancel);
    checks.put("timeout", Checks::timeout);
    int failed = 0;
    for (var check : checks.entrySet()) {
      try {
        check.getValue().run();
        System.out.println("ok " + check.getKey());
      } catch (Exception | AssertionError error) {
        failed = 1;
        System.out.println("failed " + check.getKey() + ": " + String.valueOf(error.getMessage()).replaceAll("\\s+", " "));
        if (db == null) break;
      }
    }
    System.exit(failed);
  }
}
