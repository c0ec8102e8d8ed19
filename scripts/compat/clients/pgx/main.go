// pgx 5. Everything comes from PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

var (
	ctx = context.Background()
	db  *pgx.Conn
)

func connect() (err error) {
	if db, err = pgx.Connect(ctx, ""); err != nil {
		return err
	}
	var name string
	if err = db.QueryRow(ctx, "SELECT current_database()").Scan(&name); err != nil {
		return err
	}
	return equal(name, os.Getenv("PGDATABASE"))
}

type row struct {
	A int64
	B float64
	C string
	D []byte
	E time.Time
	F string
	G []int32
	H string
	I bool
	J *string
}

func valuesComeBack(mode pgx.QueryExecMode) error {
	sent := row{9007199254740993, 1.5, "Grüße, 世界 🚪", []byte{0, 1, 255}, time.Date(2024, 2, 29, 12, 34, 56, 789000000, time.UTC),
		`{"k": "v"}`, []int32{1, 2, 3}, "6f1c1a52-8a1e-4b7e-9a53-0f8d3c2b1a00", true, nil}
	sql := `SELECT $1::int8 a, $2::float8 b, $3::text c, $4::bytea d, $5::timestamptz e, $6::jsonb f, $7::int[] g, $8::uuid h, $9::bool i, $10::text j`
	rows, err := db.Query(ctx, sql, mode, sent.A, sent.B, sent.C, sent.D, sent.E, sent.F, sent.G, sent.H, sent.I, sent.J)
	if err != nil {
		return err
	}
	got, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[row])
	if err != nil {
		return err
	}
	got.E = got.E.UTC()
	return equal(got, sent)
}

// The text protocol of a simple query.
func types() error { return valuesComeBack(pgx.QueryExecModeSimpleProtocol) }

// A cached statement, described once, with binary parameters and results.
func binary() error {
	for range 3 {
		if err := valuesComeBack(pgx.QueryExecModeCacheStatement); err != nil {
			return err
		}
	}
	return valuesComeBack(pgx.QueryExecModeExec)
}

func prepared() error {
	if _, err := db.Prepare(ctx, "twice", "SELECT $1::int * 2"); err != nil {
		return err
	}
	for i := range 12 {
		var n int
		if err := db.QueryRow(ctx, "twice", i).Scan(&n); err != nil {
			return err
		}
		if err := equal(n, 2*i); err != nil {
			return err
		}
	}
	return db.Deallocate(ctx, "twice")
}

func transaction() error {
	undo := errors.New("undo")
	insert := func(id int, outcome error) error {
		return pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "INSERT INTO kept VALUES ($1)", id); err != nil {
				return err
			}
			return outcome
		})
	}
	if err := insert(1, undo); err != undo {
		return err
	}
	if err := insert(2, nil); err != nil {
		return err
	}
	rows, _ := db.Query(ctx, "SELECT id FROM kept")
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return err
	}
	return equal(ids, []int{2})
}

func fails(code, sql string, values ...any) error {
	_, err := db.Exec(ctx, sql, values...)
	var failure *pgconn.PgError
	if !errors.As(err, &failure) {
		return fmt.Errorf("expected SQLSTATE %s, got %v", code, err)
	}
	return equal(failure.Code, code)
}

func wrong() error {
	if err := fails("42601", "SELEC 1"); err != nil {
		return err
	}
	tx, err := db.Begin(ctx)
	if err != nil {
		return err
	}
	if err := fails("23505", "INSERT INTO kept VALUES ($1)", 2); err != nil {
		return err
	}
	if err := fails("25P02", "SELECT 1"); err != nil {
		return err
	}
	return tx.Rollback(ctx)
}

func copyData() error {
	var lines strings.Builder
	rows := make([][]any, 5000)
	for i := range rows {
		rows[i] = []any{i, fmt.Sprintf("word %d", i)}
		fmt.Fprintf(&lines, "%d\tword %d\n", i, i)
	}
	if _, err := db.CopyFrom(ctx, pgx.Identifier{"copied"}, []string{"id", "word"}, pgx.CopyFromRows(rows)); err != nil {
		return err
	}
	var out bytes.Buffer
	if _, err := db.PgConn().CopyTo(ctx, &out, "COPY (SELECT * FROM copied ORDER BY id) TO STDOUT"); err != nil {
		return err
	}
	return equal(out.String(), lines.String())
}

func large() error {
	rows, err := db.Query(ctx, "SELECT i, repeat('x', 200) FROM generate_series(1, 100000) i")
	if err != nil {
		return err
	}
	seen := 0
	for rows.Next() {
		seen++
	}
	if rows.Err() != nil {
		return rows.Err()
	}
	return equal(seen, 100000)
}

func pipeline() error {
	batch := &pgx.Batch{}
	for i := range 50 {
		batch.Queue("SELECT $1::int", i)
	}
	results := db.SendBatch(ctx, batch)
	for i := range 50 {
		var n int
		if err := results.QueryRow().Scan(&n); err != nil {
			return err
		}
		if err := equal(n, i); err != nil {
			return err
		}
	}
	return results.Close()
}

// pgx closes a connection whose context ended, so the cancel request is sent by hand.
func cancel() error {
	timer := time.AfterFunc(300*time.Millisecond, func() { _ = db.PgConn().CancelRequest(ctx) })
	defer timer.Stop()
	return fails("57014", "SELECT pg_sleep(20)")
}

func notify() error {
	if _, err := db.Exec(ctx, "LISTEN bell; NOTIFY bell, 'ding'"); err != nil {
		return err
	}
	soon, done := context.WithTimeout(ctx, 5*time.Second)
	defer done()
	heard, err := db.WaitForNotification(soon)
	if err != nil {
		return err
	}
	return equal(heard.Payload, "ding")
}

func equal(got, want any) error {
	if reflect.DeepEqual(got, want) {
		return nil
	}
	return fmt.Errorf("got %.200v, want %.200v", got, want)
}

func main() {
	checks := []struct {
		name string
		run  func() error
	}{
		{"connect", connect}, {"types", types}, {"prepared", prepared}, {"binary", binary}, {"transaction", transaction}, {"errors", wrong},
		{"copy", copyData}, {"large", large}, {"pipeline", pipeline}, {"cancel", cancel}, {"notify", notify},
	}
	failed := 0
	for _, check := range checks {
		if err := check.run(); err != nil {
			failed = 1
			fmt.Printf("failed %s: %s\n", check.name, strings.SplitN(err.Error(), "\n", 2)[0])
			if db == nil {
				break
			}
			continue
		}
		fmt.Println("ok", check.name)
	}
	os.Exit(failed)
}
