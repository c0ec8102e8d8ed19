import type { RecordedFrames, ReplayItem } from '@sallyport/core';
import { collect, commandEvent, END, type Fixture, openFixture, openSession, recordSession } from '../test/fixture.ts';
import { replay } from './index.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture.close());

/** Target frames of the form `row 1;done 1`, cut anywhere. */
async function* decode(frames: AsyncIterable<RecordedFrames>): AsyncGenerator<ReplayItem> {
  let rest = '';
  for await (const { from, at, data } of frames) {
    if (from === 'client') continue;
    const words = `${rest}${data}`.split(';');
    rest = words.pop() ?? '';
    for (const word of words) yield item(word, at);
  }
  if (rest !== '') yield item(rest, 0);
}

function item(word: string, at: number): ReplayItem {
  return word.startsWith('done') ? { type: 'done', at, tag: word } : { type: 'row', at, cells: [word] };
}

async function told(id: string): Promise<string[]> {
  return (await collect(replay(fixture.store, id, decode))).map((shown) => {
    if (shown.kind === 'command') return shown.command.text;
    if (shown.kind === 'event') return `${shown.event.type} ${shown.event['command'] ?? ''}`.trim();
    return shown.item.type === 'row' ? String(shown.item.cells[0]) : shown.item.type === 'done' ? shown.item.tag : '';
  });
}

test('statements, rows and results come in the order in which they were seen', async () => {
  const session = await recordSession(fixture, 's');
  await session.end(END, 'ended');
  expect(await told('s')).toEqual(['SELECT 1', 'row 1', 'done 1', 'result 1', 'SELECT 2', 'row 2', 'done 2', 'result 2', 'ended']);
});

test('in a pipeline each result follows its own rows', async () => {
  const session = await openSession(fixture, 's');
  for (const command of [1, 2]) session.note(commandEvent(command, `C${command}`));
  for (const command of [1, 2]) session.note({ type: 'result', command, state: 'completed', rows: 1, bytes: 1 });
  session.record('target', Buffer.from('r1;done 1;r2;do'));
  session.record('target', Buffer.from('ne 2;'));
  session.note({ type: 'resize' });
  await session.end(END, 'ended');
  expect(await told('s')).toEqual(['C1', 'C2', 'r1', 'done 1', 'result 1', 'r2', 'done 2', 'result 2', 'resize', 'ended']);
});

test('what HTTP answered comes before its result, and nothing of the next request between them', async () => {
  const session = await openSession(fixture, 's');
  for (const exchange of [1, 2]) {
    session.record('client', Buffer.from(`${exchange}`));
    session.note(commandEvent(exchange, `C${exchange}`));
    session.note({ type: 'result', command: exchange, state: 'completed', rows: 0, bytes: 1 });
  }
  await session.end(END, 'ended');
  const exchanges = async function* (frames: AsyncIterable<RecordedFrames>): AsyncGenerator<ReplayItem> {
    for await (const { at, data } of frames) yield { type: 'request', at, exchange: Number(data), line: '', fields: [] };
  };
  const shown = (await collect(replay(fixture.store, 's', exchanges))).map((each) =>
    each.kind === 'item' ? each.item.type : each.kind === 'event' ? each.event.type : each.command.text,
  );
  expect(shown).toEqual(['request', 'C1', 'result', 'request', 'C2', 'result', 'ended']);
});

test('without frames the events still come, and an unknown session is a sentence', async () => {
  const session = await openSession(fixture, 's', 'none');
  session.note(commandEvent(1, 'C1'));
  session.note({ type: 'result', command: 1, state: 'completed', rows: 1, bytes: 1 });
  await session.end(END, 'ended');
  expect(await told('s')).toEqual(['C1', 'result 1', 'ended']);
  await expect(told('none')).rejects.toThrow(/no session none/);
});

test('a decoder that fails ends the replay with its error', async () => {
  await recordSession(fixture, 's');
  const broken = async function* (frames: AsyncIterable<RecordedFrames>): AsyncGenerator<ReplayItem> {
    for await (const { at } of frames) {
      yield { type: 'notice', at, message: 'one' };
      throw new RangeError('broken');
    }
  };
  await expect(collect(replay(fixture.store, 's', broken))).rejects.toThrow('broken');
});
