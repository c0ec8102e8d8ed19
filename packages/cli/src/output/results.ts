import type { ExecItem } from '@sallyport/core';
import { CliError, EXIT } from '../exit.ts';
import { type AnswerPrinter, answerJsonPrinter, contentPrinter } from './answers.ts';
import { csvLine } from './csv.ts';
import { Table } from './table.ts';
import { toJson, visibleLines } from './visible.ts';

/** Rows that are looked at to find the widths of a table's columns. */
const SAMPLE_ROWS = 200;

type Cells = readonly (string | null)[];

/** Turns result items into text as they come. Pure: what it returns is to be printed at once. */
export interface ResultPrinter extends AnswerPrinter {
  columns(names: readonly string[]): string;
  row(cells: Cells): string;
  /** A part of a COPY, which has a format of its own. @throws CliError where the output must be in another */
  copy(data: Buffer): string | Buffer;
  /** The end of one result, with or without columns. */
  done(): string;
  /** The end of all results. */
  end(): string;
}

/** Prints one item; what is no result (notices, tags) gives no text. */
export function printItem(printer: ResultPrinter, item: ExecItem): string | Buffer {
  switch (item.type) {
    case 'columns':
      return printer.columns(item.names);
    case 'row':
      return printer.row(item.cells);
    case 'copy':
      return printer.copy(item.data);
    case 'done':
      return printer.done();
    case 'output':
      return item.data;
    case 'answer':
      return printer.answer(item);
    case 'content':
      return printer.content(item.data);
    case 'exit':
    case 'notice':
      return '';
  }
}

/**
 * Tables whose widths come from the first rows, so that a long result streams.
 *
 * @param raw data of a COPY goes on byte by byte: no terminal reads it.
 */
export function tablePrinter(available: number, raw = false): ResultPrinter {
  let names: readonly string[] = [];
  let sample: Cells[] = [];
  let table: Table | undefined;
  let results = 0;
  const { answer, content, end } = contentPrinter(raw);
  const open = (): string => {
    table = new Table(
      names.map((title) => ({ title })),
      sample.map(shown),
      available,
    );
    const gap = results === 0 ? '' : '\n';
    results += 1;
    const text = gap + table.head() + sample.map((cells) => table?.row(shown(cells)) ?? '').join('');
    sample = [];
    return text;
  };
  return {
    columns(next) {
      names = next;
      table = undefined;
      return '';
    },
    row(cells) {
      if (table !== undefined) return table.row(shown(cells));
      sample.push(cells);
      return sample.length < SAMPLE_ROWS ? '' : open();
    },
    copy: (data) => (raw ? data : visibleLines(data.toString('utf8'))),
    done() {
      const text = names.length > 0 && table === undefined ? open() : '';
      names = [];
      table = undefined;
      return text;
    },
    ...{ answer, content, end },
  };
}

/** One JSON array of objects for each result that has columns; `[]` when there is none. */
export function jsonPrinter(): ResultPrinter {
  let keys: readonly string[] | undefined;
  let rows = 0;
  let results = 0;
  const answers = answerJsonPrinter();
  return {
    columns(names) {
      keys = distinct(names);
      rows = 0;
      results += 1;
      return '[';
    },
    row(cells) {
      const object = Object.fromEntries((keys ?? []).map((key, at) => [key, cells[at] ?? null]));
      rows += 1;
      return `${rows === 1 ? '' : ','}\n${toJson(object)}`;
    },
    copy: noCopy,
    done() {
      if (keys === undefined) return '';
      keys = undefined;
      return rows === 0 ? ']\n' : '\n]\n';
    },
    answer(head) {
      results += 1;
      return answers.answer(head);
    },
    content: answers.content,
    end: () => (results === 0 ? '[]\n' : answers.end()),
  };
}

/** A header line and the rows; an empty line parts several results. */
export function csvPrinter(): ResultPrinter {
  let results = 0;
  return {
    columns(names) {
      results += 1;
      return (results === 1 ? '' : '\n') + csvLine(names);
    },
    row: csvLine,
    copy: noCopy,
    done: () => '',
    answer: noRows,
    content: noRows,
    end: () => '',
  };
}

function noRows(): never {
  throw new CliError('An answer of HTTP has no rows: leave --csv out.', EXIT.usage);
}

function noCopy(): never {
  throw new CliError('COPY writes in a format of its own: leave --json and --csv out, or SELECT the rows.', EXIT.usage);
}

function shown(cells: Cells): readonly string[] {
  return cells.map((cell) => cell ?? 'NULL');
}

/** `id, id` → `id, id_2`: an object would lose one of them. */
function distinct(names: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return names.map((name) => {
    let key = name;
    for (let next = 2; seen.has(key); next += 1) key = `${name}_${next}`;
    seen.add(key);
    return key;
  });
}
