import { METHODS } from 'node:http';
import { ExecError } from '@sallyport/core';
import type { Fields } from '../message/fields.ts';

const HEAD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s+(\S+)(?:[ \t]+HTTP\/[\d.]+)?[ \t]*(?:\r?\n|$)/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;
const STANDARD: ReadonlySet<string> = new Set(METHODS);

/** A request that somebody wrote down. */
export interface WrittenRequest {
  readonly method: string;
  /** A path, or `http(s)://host/path`. */
  readonly url: string;
  /** Names in lower case. */
  readonly fields: Fields;
  /** What stands behind an empty line; undefined: no such line. */
  readonly body: string | undefined;
}

/**
 * Reads METHOD and path or URL, one header a line below them, and behind an empty line the body.
 *
 * @throws ExecError with what is wrong
 */
export function readRequest(text: string): WrittenRequest {
  const [, lines = '', body] = /^([\s\S]*?)(?:\r?\n\r?\n([\s\S]*))?$/.exec(text.trimStart()) ?? [];
  const [head, said = '', url] = HEAD.exec(lines) ?? [];
  if (head === undefined || url === undefined || !/^(?:\/|https?:\/\/)/i.test(url))
    throw unreadable('Write a request as METHOD and path, for example -- GET /orders; headers follow, each as "name: value".');
  const method = STANDARD.has(said.toUpperCase()) ? said.toUpperCase() : said;
  const fields = lines
    .slice(head.length)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map(fieldOf);
  return { method, url, fields, body };
}

function fieldOf(line: string): readonly [name: string, value: string] {
  const [, name, value] = FIELD.exec(line.trim()) ?? [];
  if (name === undefined || value === undefined) throw unreadable(`${JSON.stringify(line)} is no header: write it as "name: value".`);
  return [name.toLowerCase(), value];
}

function unreadable(message: string): ExecError {
  return new ExecError('ERR_CONFIG', message, false);
}
