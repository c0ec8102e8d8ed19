import { GatewayError } from '@sallyport/core';
import type { ObjectFormat } from './object-id.ts';
import { DELIMITER, FLUSH, lineText, type PktLine, PktLineDecoder, pktLine } from './pkt-line.ts';
import { showable } from './showable.ts';

/**
 * A conversation with `git-upload-pack` of the target, in protocol 2 where the target speaks it.
 * Over SSH: a channel. Over HTTP: what is received is the body of `info/refs`, then that of the
 * answer to what was sent.
 */
export interface BaseConversation {
  send(bytes: Buffer): void | Promise<void>;
  readonly received: AsyncIterable<Buffer>;
  /** Nothing more is asked or read. */
  close(): void;
}

/** What is asked of the target: these objects by their ids. */
export interface BaseRequest {
  readonly format: ObjectFormat;
  readonly wants: readonly string[];
  /** Commits asked for only of a target that can leave out what `filter` says: they would bring too much else. */
  readonly filteredWants: readonly string[];
  readonly filter: 'blob:none' | 'tree:0';
  /** How many commits back from those that are wanted. */
  readonly depth: number;
}

/**
 * Asks the target for objects to compare with. Nothing comes where it can give none of them.
 *
 * @throws GatewayError where the target refuses; ProtocolError where it is not understood.
 * @see https://git-scm.com/docs/gitprotocol-v2#_fetch
 */
export async function* basePack(conversation: BaseConversation, request: BaseRequest): AsyncGenerator<Buffer> {
  const lines = linesOf(conversation.received);
  const offered = await greeting(lines);
  const wants = [...request.wants, ...(offered.filter ? request.filteredWants : [])];
  if (wants.length === 0) return;
  await conversation.send(offered.version === 2 ? requestOf2(offered, wants, request) : requestOf0(offered, wants, request));
  let pack = false;
  for await (const line of lines) {
    if (pack && line.type === 'flush') return;
    const band = line.payload[0];
    if (pack && band === 1) yield line.payload.subarray(1);
    else if (pack && band === 3) throw refused(line.payload.subarray(1).toString());
    else if (!pack && line.type === 'data') pack = /^(packfile|NAK)$/.test(answerOf(line));
  }
  throw refused('it ended early');
}

interface Offered {
  readonly version: 0 | 2;
  readonly filter: boolean;
}

async function greeting(lines: AsyncIterator<PktLine>): Promise<Offered> {
  let version: 0 | 2 = 0;
  let filter = false;
  let service = false;
  for (;;) {
    const { value: line, done } = await lines.next();
    if (done) throw refused('it ended early');
    const text = line.type === 'data' ? answerOf(line) : '';
    if (text.startsWith('# service=')) service = true;
    else if (line.type === 'flush' && service) service = false;
    else if (line.type === 'flush') return { version, filter };
    else if (text === 'version 2') version = 2;
    else if (/^fetch=.*\bfilter\b/.test(text) || /\0.*\bfilter\b/.test(text)) filter = true;
  }
}

function requestOf2(offered: Offered, wants: readonly string[], request: BaseRequest): Buffer {
  const head = ['command=fetch', ...formatOf(request)];
  const body = ['no-progress', 'ofs-delta', ...limitsOf(offered, request), ...wants.map((id) => `want ${id}`), 'done'];
  return Buffer.concat([...head.map(asLine), DELIMITER, ...body.map(asLine), FLUSH]);
}

function requestOf0(offered: Offered, wants: readonly string[], request: BaseRequest): Buffer {
  const capabilities = [
    'side-band-64k',
    'ofs-delta',
    'no-progress',
    'shallow',
    ...(offered.filter ? ['filter'] : []),
    ...formatOf(request),
  ];
  const [first, ...others] = wants.map((id) => `want ${id}`);
  const head = [`${first} ${capabilities.join(' ')}`, ...others, ...limitsOf(offered, request)];
  return Buffer.concat([...head.map(asLine), FLUSH, asLine('done')]);
}

function limitsOf({ filter }: Offered, request: BaseRequest): readonly string[] {
  return [`deepen ${request.depth}`, ...(filter ? [`filter ${request.filter}`] : [])];
}

function formatOf({ format }: BaseRequest): readonly string[] {
  return format === 'sha256' ? ['object-format=sha256'] : [];
}

function asLine(text: string): Buffer {
  return pktLine(`${text}\n`);
}

function answerOf(line: PktLine): string {
  const text = lineText(line);
  if (text.startsWith('ERR ')) throw refused(text.slice('ERR '.length));
  return text;
}

async function* linesOf(received: AsyncIterable<Buffer>): AsyncGenerator<PktLine> {
  const decoder = new PktLineDecoder('target');
  for await (const chunk of received) yield* decoder.push(chunk);
}

function refused(why: string): GatewayError {
  return new GatewayError(
    'ERR_TARGET_CLOSED',
    `The target did not show what the push is to be compared with: ${showable(why.trim(), 300)}.`,
  );
}
