import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.*;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Tries the attempts of a file, as texts, prepared at the server, and with its cursors, and prints all that it saw of each:
 * `number TAB way TAB base64`.
 */
public class Evasion {
  static final Pattern LASTING = Pattern.compile("\\b(CREATE|ALTER|RENAME|DROP|GLOBAL|OUTFILE|DUMPFILE)\\b");
  static final String TEXT = "&allowMultiQueries=true";
  static final String PREPARED = "&useServerPrepStmts=true";
  static final String CURSOR = PREPARED + "&useCursorFetch=true&defaultFetchSize=7";

  static String env(String name) {
    return System.getenv(name);
  }

  static Connection connect(String prefix, String more) throws SQLException {
    // Connector/J waits for ever for what MariaDB answers to some cursors.
    String mode = env(prefix + "_CA") == null ? "DISABLED&allowPublicKeyRetrieval=true" : "REQUIRED";
    String place = env(prefix + "_HOST") + ":" + env(prefix + "_PORT") + "/" + env(prefix + "_NAME");
    return DriverManager.getConnection("jdbc:mysql://" + place + "?socketTimeout=5000&sslMode=" + mode + more, env(prefix + "_USER"), env(prefix + "_PASSWORD"));
  }

  static void quietly(Statement statement, String sql) {
    try {
      statement.execute(sql);
    } catch (SQLException notTaken) { // MySQL does not take all of the seed
      return;
    }
  }

  static void reseed(String seed) throws SQLException {
    try (Connection direct = connect("DIRECT", TEXT); Statement statement = direct.createStatement()) {
      quietly(statement, "SET GLOBAL innodb_ft_aux_table = DEFAULT");
      quietly(statement, "DROP DATABASE IF EXISTS other");
      if (env("SERVER").equals("MariaDB")) statement.execute(seed);
      else for (String line : seed.split("\n")) quietly(statement, line);
    }
  }

  static void rows(Statement statement, boolean more, StringBuilder seen) throws SQLException {
    for (; more || statement.getUpdateCount() != -1; more = statement.getMoreResults()) {
      if (!more) continue;
      try (ResultSet rows = statement.getResultSet()) {
        ResultSetMetaData about = rows.getMetaData();
        for (int i = 1; i <= about.getColumnCount(); i++) seen.append(about.getColumnLabel(i)).append('|');
        while (rows.next()) for (int i = 1; i <= about.getColumnCount(); i++) cell(rows, i, seen);
      }
    }
    for (SQLWarning warning = statement.getWarnings(); warning != null; warning = warning.getNextWarning()) seen.append(warning);
  }

  static void cell(ResultSet rows, int index, StringBuilder seen) throws SQLException {
    byte[] bytes = rows.getBytes(index);
    if (bytes != null) seen.append(new String(bytes, StandardCharsets.ISO_8859_1)).append('|').append(rows.getString(index)).append('|');
  }

  static String tried(String attempt, String way) {
    StringBuilder seen = new StringBuilder();
    try (Connection db = connect("DB", way)) {
      db.setAutoCommit(false);
      for (String sql : attempt.split(" ;; ")) {
        try (Statement statement = way.equals(TEXT) ? db.createStatement() : db.prepareStatement(sql)) {
          rows(statement, statement instanceof PreparedStatement prepared ? prepared.execute() : statement.execute(sql), seen);
        } catch (SQLException | RuntimeException error) { // the latter: the driver did not expect what came
          seen.append(error);
        }
      }
      if (!db.isClosed()) db.rollback();
    } catch (SQLException ended) {
      seen.append(ended);
    }
    return Base64.getEncoder().encodeToString(seen.toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  public static void main(String[] args) throws Exception {
    List<String> lines = Files.readAllLines(Path.of(args[0])).stream().filter(line -> !line.isEmpty() && !line.startsWith("--")).toList();
    String seed = Files.readString(Path.of(args[1]));
    reseed(seed);
    for (String way : new String[] {TEXT, PREPARED, CURSOR}) {
      String name = way.equals(TEXT) ? "text" : way.equals(PREPARED) ? "prepared" : "cursor";
      for (int number = 0; number < lines.size(); number++) {
        String attempt = lines.get(number).substring(lines.get(number).indexOf('\t') + 1).replace("⏎", "\n");
        // MariaDB 10.11 itself falls over a cursor on DELETE … RETURNING.
        if (name.equals("cursor") && attempt.contains("RETURNING")) continue;
        System.out.println(number + "\t" + name + "\t" + tried(attempt, way));
        if (LASTING.matcher(attempt).find()) reseed(seed);
      }
    }
  }
}
