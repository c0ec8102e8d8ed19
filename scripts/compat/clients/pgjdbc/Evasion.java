import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.*;
import java.util.List;
import java.util.Map;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/**
 * Tries every line of test-fixtures/postgres/evasion.sql and says which of them showed the secret:
 * with statements as they are, then prepared, which asks for binary results from the first one on.
 */
public class Evasion {
  static final String SECRET = "4111222233334444";

  static Connection connect() throws SQLException {
    Map<String, String> env = System.getenv();
    String url = "jdbc:postgresql://" + env.get("PGHOST") + ":" + env.get("PGPORT") + "/" + env.get("PGDATABASE");
    Connection db = DriverManager.getConnection(url + "?prepareThreshold=-1", env.get("PGUSER"), env.get("PGPASSWORD"));
    db.setAutoCommit(false);
    return db;
  }

  static String copied(Connection db, String sql) throws SQLException {
    StringBuilder seen = new StringBuilder();
    CopyOut copy = db.unwrap(PGConnection.class).getCopyAPI().copyOut(sql);
    for (byte[] row = copy.readFromCopy(); row != null; row = copy.readFromCopy()) {
      seen.append(new String(row, java.nio.charset.StandardCharsets.ISO_8859_1)).append('\n');
    }
    return seen.toString();
  }

  static void rows(Statement statement, boolean more, StringBuilder seen) throws SQLException {
    for (; more || statement.getUpdateCount() != -1; more = statement.getMoreResults()) {
      if (!more) continue;
      try (ResultSet rows = statement.getResultSet()) {
        int columns = rows.getMetaData().getColumnCount();
        while (rows.next()) for (int i = 1; i <= columns; i++) seen.append(rows.getString(i)).append('|');
      }
    }
    for (SQLWarning warning = statement.getWarnings(); warning != null; warning = warning.getNextWarning()) seen.append(warning);
  }

  static String tried(String attempt, boolean prepared) {
    StringBuilder seen = new StringBuilder();
    try (Connection db = connect()) {
      for (String sql : attempt.split(" ;; ")) {
        try {
          if (sql.startsWith("COPY") && !sql.contains(";")) seen.append(copied(db, sql));
          else if (prepared) {
            try (PreparedStatement statement = db.prepareStatement(sql)) {
              for (int i = 0; i < 2; i++) rows(statement, statement.execute(), seen);
            }
          } else {
            try (Statement statement = db.createStatement()) {
              rows(statement, statement.execute(sql), seen);
            }
          }
        } catch (SQLException | IllegalStateException error) { // the latter: pgjdbc did not expect what came
          seen.append(error).append(((error instanceof org.postgresql.util.PSQLException e) ? e.getServerErrorMessage() : ""));
        }
      }
      if (db.isClosed()) return seen.toString();
      for (var heard : db.unwrap(PGConnection.class).getNotifications()) seen.append(heard.getParameter());
      db.rollback();
    } catch (SQLException ended) {
      seen.append(ended);
    }
    return seen.toString();
  }

  public static void main(String[] args) throws Exception {
    List<String> lines = Files.readAllLines(Path.of(args[0]));
    int tries = 0;
    int shown = 0;
    for (String line : lines) {
      if (line.isEmpty() || line.startsWith("--")) continue;
      String attempt = line.substring(line.indexOf('\t') + 1).replace("⏎", "\n");
      for (boolean prepared : new boolean[] {false, true}) {
        tries++;
        if (!tried(attempt, prepared).contains(SECRET)) continue;
        shown++;
        System.out.println("shown" + (prepared ? ", prepared: " : ": ") + attempt);
      }
    }
    System.out.println(shown + " of " + tries + " showed it");
  }
}
