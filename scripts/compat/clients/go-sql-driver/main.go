// go-sql-driver/mysql 1. Everything comes from DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME and DB_CA.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

var (
	ctx   = context.Background()
	db    *sql.Conn
	pool  *sql.DB
	route = os.Getenv("DB_ROUTE")
	name  = os.Getenv("DB_NAME")
)

func open() (*sql.DB, error) {
	return openPatient(0)
}

// openPatient sets how long an answer may take; 0 is for ever.
func openPatient(readTimeout time.Duration) (*sql.DB, error) {
	pem, err := os.ReadFile(os.Getenv("DB_CA"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	config := mysql.NewConfig()
	config.User, config.Passwd, config.DBName = os.Getenv("DB_USER"), os.Getenv("DB_PASSWORD"), name
	config.Net, config.Addr = "tcp", os.Getenv("DB_HOST")+":"+os.Getenv("DB_PORT")
	config.TLS = &tls.Config{RootCAs: roots, ServerName: os.Getenv("DB_HOST")}
	config.ParseTime, config.MultiStatements, config.ReadTimeout = true, true, readTimeout
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

func connect() (err error) {
	if pool, err = open(); err != nil {
		return err
	}
	if db, err = pool.Conn(ctx); err != nil {
		return err
	}
	return gives(name, "SELECT DATABASE()")
}

// gives asserts the one value of a query: as text without values, prepared with some.
func gives(want any, query string, values ...any) error {
	got := reflect.New(reflect.TypeOf(want))
	if err := db.QueryRowContext(ctx, query, values...).Scan(got.Interface()); err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	return equal(got.Elem().Interface(), want)
}

type values struct {
	A int64
	B string
	C []byte
	D float64
	E time.Time
	F string
	G *string
	H uint64
}

func (v *values) scan(row *sql.Row) error {
	return row.Scan(&v.A, &v.B, &v.C, &v.D, &v.E, &v.F, &v.G, &v.H)
}

var sent = values{-9007199254740993, "-12345.678", []byte{0, 1, 255}, 1.5,
	time.Date(2024, 2, 29, 12, 34, 56, 789000000, time.UTC), "-12:34:56", nil, 18446744073709551615}

func types() error {
	var got values
	err := got.scan(db.QueryRowContext(ctx, `SELECT -9007199254740993, CAST(-12345.678 AS DECIMAL(10,3)), X'0001ff', 1.5e0,
		CAST('2024-02-29 12:34:56.789' AS DATETIME(3)), CAST('-12:34:56' AS TIME), NULL, 18446744073709551615`))
	if err != nil {
		return err
	}
	return equal(got, sent)
}

func prepared() error {
	statement, err := db.PrepareContext(ctx, `SELECT CAST(? AS SIGNED), CAST(? AS DECIMAL(10,3)), CAST(? AS BINARY(3)), ? + 0e0,
		CAST(? AS DATETIME(3)), CAST(? AS TIME), ?, CAST(? AS UNSIGNED)`)
	if err != nil {
		return err
	}
	defer statement.Close()
	for range 12 {
		var got values
		if err := got.scan(statement.QueryRow(sent.A, sent.B, sent.C, sent.D, sent.E, sent.F, sent.G, sent.H)); err != nil {
			return err
		}
		if err := equal(got, sent); err != nil {
			return err
		}
	}
	return nil
}

func unicode() error {
	word := "Grüße, 世界 🚪"
	if err := gives(word, "SELECT ?", word); err != nil {
		return err
	}
	rows, err := db.QueryContext(ctx, "SELECT '"+word+"' AS `ключ`")
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	return equal(columns, []string{"ключ"})
}

func bigValues() error {
	body := strings.Repeat("x", 17<<20)
	for range 2 {
		if err := run("INSERT INTO big VALUES (?)", body); err != nil {
			return err
		}
	}
	if err := gives(body, "SELECT body FROM big LIMIT 1"); err != nil {
		return err
	}
	return gives(body, "SELECT body FROM big LIMIT ?", 1)
}

func manyRows() error {
	rows, err := db.QueryContext(ctx, "SELECT n, repeat('x', 200) FROM numbers WHERE n > ?", 0)
	if err != nil {
		return err
	}
	defer rows.Close()
	seen := 0
	for rows.Next() {
		seen++
	}
	if rows.Err() != nil {
		return rows.Err()
	}
	return equal(seen, 100000)
}

func transaction() error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if _, err = tx.Exec("INSERT INTO kept VALUES (?)", 1); err != nil {
		return err
	}
	if err = tx.Rollback(); err != nil {
		return err
	}
	if tx, err = db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable}); err != nil {
		return err
	}
	if _, err = tx.Exec("INSERT INTO kept VALUES (2)"); err != nil {
		return err
	}
	if err = tx.Commit(); err != nil {
		return err
	}
	return gives(2, "SELECT MAX(id) + MIN(id) - 2 FROM kept")
}

func results() error { return resultsOf("SELECT 1; SELECT 2") }

func call() error { return resultsOf("CALL two()") }

func resultsOf(query string) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for want := 1; want <= 2; want++ {
		var got int
		if !rows.Next() {
			return fmt.Errorf("result %d has no row", want)
		}
		if err := rows.Scan(&got); err != nil {
			return err
		}
		if err := equal(got, want); err != nil {
			return err
		}
		if want == 1 && !rows.NextResultSet() {
			return errors.New("there is no second result")
		}
	}
	return rows.Close()
}

func run(query string, values ...any) error {
	_, err := db.ExecContext(ctx, query, values...)
	return err
}

func fails(number uint16, query string, values ...any) error {
	err := run(query, values...)
	var theirs *mysql.MySQLError
	if !errors.As(err, &theirs) || theirs.Number != number {
		return fmt.Errorf("expected error %d, got %v", number, err)
	}
	return nil
}

func inOrder(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func wrong() error {
	return inOrder(
		func() error { return fails(1064, "SELEC 1") },
		func() error { return run("START TRANSACTION") },
		func() error { return run("INSERT INTO kept VALUES (3)") },
		func() error { return fails(1062, "INSERT INTO kept VALUES (?)", 2) },
		func() error { return run("ROLLBACK") },
		func() error { return gives(1, "SELECT COUNT(*) FROM kept") },
	)
}

func denied() error {
	return inOrder(
		func() error { return run("START TRANSACTION") },
		func() error { return run("INSERT INTO kept VALUES (4)") },
		func() error { return fails(1227, "DELETE FROM forbidden WHERE id = 1") },
		func() error { return fails(1227, "DELETE FROM forbidden WHERE id = ?", 1) },
		func() error { return run("COMMIT") },
		func() error { return gives(4, "SELECT id FROM kept WHERE id = 4") },
	)
}

func held() error {
	return inOrder(
		func() error { return run("INSERT INTO guarded VALUES (1)") },
		func() error { return run("INSERT INTO guarded VALUES (?)", 2) },
		func() error { return gives(2, "SELECT COUNT(*) FROM guarded") },
	)
}

func heldTooLong() error {
	hurried, err := openPatient(time.Second)
	if err != nil {
		return err
	}
	defer hurried.Close()
	if _, err := hurried.ExecContext(ctx, "INSERT INTO ignored VALUES (1)"); err == nil {
		return errors.New("an answer came")
	}
	return gives(0, "SELECT COUNT(*) FROM ignored")
}

func masked() error {
	return inOrder(
		func() error { return gives("[redacted]", "SELECT secret FROM protected") },
		func() error { return gives("[redacted]", "SELECT secret FROM protected WHERE id = ?", 1) },
		func() error { return gives(sql.NullInt64{}, "SELECT amount FROM protected WHERE id = ?", 1) },
	)
}

// The driver closes a connection whose context ended, so the other connection says KILL.
func cancel() error {
	var id int64
	if err := db.QueryRowContext(ctx, "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		return err
	}
	timer := time.AfterFunc(300*time.Millisecond, func() { _, _ = pool.Exec(fmt.Sprintf("KILL QUERY %d", id)) })
	defer timer.Stop()
	var woken int
	err := db.QueryRowContext(ctx, "SELECT SLEEP(20)").Scan(&woken)
	var theirs *mysql.MySQLError
	if (err == nil && woken == 1) || (errors.As(err, &theirs) && theirs.Number == 1317) {
		return gives(1, "SELECT 1")
	}
	return fmt.Errorf("not cancelled: %d, %v", woken, err)
}

func deadline() error {
	soon, done := context.WithTimeout(ctx, 300*time.Millisecond)
	defer done()
	_, err := db.ExecContext(soon, "SELECT SLEEP(20)")
	if !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("expected a deadline, got %v", err)
	}
	var n int
	return pool.QueryRow("SELECT 1").Scan(&n)
}

func equal(got, want any) error {
	if reflect.DeepEqual(got, want) {
		return nil
	}
	return fmt.Errorf("got %.200v, want %.200v", got, want)
}

type check struct {
	name string
	run  func() error
}

func main() {
	checks := []check{
		{"connect", connect}, {"types", types}, {"prepared", prepared}, {"unicode", unicode}, {"big values", bigValues},
		{"many rows", manyRows}, {"transaction", transaction}, {"results", results}, {"call", call}, {"errors", wrong},
	}
	if route != "direct" {
		checks = append(checks, check{"denied", denied}, check{"held", held}, check{"held too long", heldTooLong})
	}
	if route == "masked" {
		checks = append(checks, check{"masked", masked})
	}
	checks = append(checks, check{"cancel", cancel}, check{"deadline", deadline})
	failed := 0
	for _, check := range checks {
		if err := check.run(); err != nil {
			failed = 1
			fmt.Printf("failed %s: %.300s\n", check.name, strings.ReplaceAll(err.Error(), "\n", " "))
			if db == nil {
				break
			}
			continue
		}
		fmt.Println("ok", check.name)
	}
	os.Exit(failed)
}
