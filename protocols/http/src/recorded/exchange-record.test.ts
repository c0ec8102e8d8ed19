import type { Gate, Side } from '@sallyport/core';
import { ExchangeRecord } from './exchange-record.ts';
import { ExchangeMessageDecoder } from './message.ts';

/** What an exchange records, entry by entry, as the types of the messages in it. */
function recorded(say: (record: ExchangeRecord) => void): readonly string[] {
  const entries: string[] = [];
  const gate = {
    textMask: undefined,
    record: (from: Side, data: Buffer) =>
      void entries.push(`${from}: ${[...new ExchangeMessageDecoder().push(data)].map(({ type }) => type)}`),
  };
  say(new ExchangeRecord(gate as unknown as Gate, 0, new Set()));
  return entries;
}

test('the head of an answer is one entry with what follows at once', () => {
  const entries = recorded((record) => {
    const body = record.body('target', 4);
    record.response('HTTP/1.1 200', [['a', 'b']], true);
    body.write(Buffer.from('12'));
    body.write(Buffer.from('3456'));
    body.end();
    record.flush();
  });
  expect(entries).toEqual(['target: response,data', 'target: data', 'target: end']);
});

test('a head without a body is recorded all the same, once, and before what follows', () => {
  const entries = recorded((record) => {
    record.response('HTTP/1.1 200', [], true);
    record.flush();
    record.flush();
    record.response('HTTP/1.1 404', []);
    record.response('HTTP/1.1 200', [], true);
    record.trailers('target', [['a', 'b']]);
    record.flush();
  });
  expect(entries).toEqual(['target: response', 'target: response', 'target: response', 'target: trailers']);
});
