import type { ExchangeItem, RecordedFrames, Side } from '@sallyport/core';
import { type ExchangeMessage, ExchangeMessageDecoder } from './message.ts';

/** A recording again, message by message. What was cut off in the middle is left out. @throws ProtocolError */
export async function* decodeRecording(frames: AsyncIterable<RecordedFrames>): AsyncGenerator<ExchangeItem> {
  const decoders: Record<Side, ExchangeMessageDecoder> = { client: new ExchangeMessageDecoder(), target: new ExchangeMessageDecoder() };
  for await (const { from, at, data } of frames) {
    for (const message of decoders[from].push(data)) yield itemOf(message, from, at);
  }
}

function itemOf(message: ExchangeMessage, from: Side, at: number): ExchangeItem {
  const { exchange } = message;
  switch (message.type) {
    case 'request':
    case 'response':
      return { type: message.type, at, exchange, line: message.line, fields: message.fields };
    case 'judged':
      return { type: 'judged', at, exchange, command: message.command };
    case 'data':
      return { type: 'body', at, exchange, from, data: message.data };
    case 'end': {
      const { bytes, unrecorded, sha256 } = message;
      return { type: 'cut', at, exchange, from, bytes, unrecorded, sha256: sha256.toString('hex') };
    }
    case 'trailers':
      return { type: 'trailers', at, exchange, from, fields: message.fields };
    case 'websocket':
      return { type: 'websocket', at, exchange, from, opcode: message.opcode, data: message.data };
  }
}
