import { isUtf8 } from 'node:buffer';
import type { ExecItem } from '@sallyport/core';
import { CliError, EXIT } from '../exit.ts';
import { toJson, visibleJson, visibleLines } from './visible.ts';

type Answer = Extract<ExecItem, { readonly type: 'answer' }>;

/** An answer that becomes one JSON value is kept until its end. */
const LONGEST_JSON = 64 << 20;

/** Turns an answer of HTTP into text, part by part. */
export interface AnswerPrinter {
  answer(head: Answer): string;
  content(data: Buffer): string | Buffer;
  end(): string;
}

/**
 * The content alone.
 *
 * @param raw byte by byte: no terminal reads it.
 */
export function contentPrinter(raw: boolean): AnswerPrinter {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const shown = (text: string): string => visibleLines(text.replaceAll('\r\n', '\n'));
  return {
    answer: () => '',
    content: (data) => (raw ? data : shown(decoder.decode(data, { stream: true }))),
    end: () => (raw ? '' : shown(decoder.decode())),
  };
}

/** `{"status": 200, "headers": {…}, "body": …}`: content that is JSON stands there as such, bytes that are no text as `{"base64": "…"}`. */
export function answerJsonPrinter(): AnswerPrinter {
  let head: Answer | undefined;
  const parts: Buffer[] = [];
  let bytes = 0;
  return {
    answer(answer) {
      head = answer;
      return '';
    },
    content(data) {
      bytes += data.length;
      if (bytes > LONGEST_JSON) throw new CliError(`The answer has more than ${LONGEST_JSON >> 20} MiB: leave --json out.`, EXIT.usage);
      parts.push(data);
      return '';
    },
    end() {
      if (head === undefined) return '';
      const { status, fields } = head;
      const body = bodyJson(Buffer.concat(parts), fields.find(([name]) => name === 'content-type')?.[1] ?? '');
      return `${toJson({ status, headers: headersOf(fields) }).slice(0, -1)},"body":${body}}\n`;
    },
  };
}

/** As it came, so that long numbers keep their digits; what a terminal would act on is escaped. */
function bodyJson(content: Buffer, type: string): string {
  if (!isUtf8(content)) return toJson({ base64: content.toString('base64') });
  const text = content.toString();
  if (!/[/+]json\b/i.test(type)) return toJson(text);
  try {
    JSON.parse(text);
  } catch {
    return toJson(text);
  }
  return visibleJson(text).trim();
}

/** A name that came more than once has a list. */
function headersOf(fields: Answer['fields']): Readonly<Record<string, string | readonly string[]>> {
  const headers: Record<string, string | readonly string[]> = {};
  for (const [name, value] of fields) headers[name] = name in headers ? [headers[name] ?? [], value].flat() : value;
  return headers;
}
