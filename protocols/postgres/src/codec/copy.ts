import { BodyReader } from './body-reader.ts';
import { byte1, cstring, int16List, message } from './bytes.ts';
import { HEADER_BYTES } from './decoder.ts';
import { BACKEND, FRONTEND } from './message-types.ts';

// COPY. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY
// CopyData, CopyDone: the same bytes from either side.

/** `d | length | bytes`: a view of the bytes. A row may straddle messages. */
export function decodeCopyData(raw: Buffer): Buffer {
  return raw.subarray(HEADER_BYTES);
}

export function encodeCopyData(data: Buffer): Buffer {
  return message(FRONTEND.CopyData, data);
}

/** `c | length` */
export const COPY_DONE: Buffer = message(FRONTEND.CopyDone);

/** `f | length | String reason` */
export interface CopyFail {
  readonly type: 'CopyFail';
  readonly reason: string;
}

export function decodeCopyFail(raw: Buffer): CopyFail {
  const body = new BodyReader(raw, 'client', 'CopyFail');
  const reason = body.cstring();
  body.end();
  return { type: 'CopyFail', reason };
}

export function encodeCopyFail(reason: string): Buffer {
  return message(FRONTEND.CopyFail, cstring(reason));
}

const COPY_RESPONSES = {
  CopyInResponse: BACKEND.CopyInResponse,
  CopyOutResponse: BACKEND.CopyOutResponse,
  CopyBothResponse: BACKEND.CopyBothResponse,
} as const;

/** `G or H or W | length | Int8 format | Int16 n, Int16 column format × n` */
export interface CopyResponse {
  readonly type: keyof typeof COPY_RESPONSES;
  /** 0 text (CSV too), 1 binary. */
  readonly format: number;
  readonly columnFormats: readonly number[];
}

export function decodeCopyResponse(raw: Buffer): CopyResponse {
  const type = copyResponseType(raw[0]);
  const body = new BodyReader(raw, 'target', type);
  const format = body.uint8();
  const columnFormats = body.list(() => body.int16());
  body.end();
  return { type, format, columnFormats };
}

export function encodeCopyResponse(response: CopyResponse): Buffer {
  return message(COPY_RESPONSES[response.type], byte1(response.format), int16List(response.columnFormats));
}

function copyResponseType(type: number | undefined): CopyResponse['type'] {
  if (type === BACKEND.CopyInResponse) return 'CopyInResponse';
  return type === BACKEND.CopyOutResponse ? 'CopyOutResponse' : 'CopyBothResponse';
}
