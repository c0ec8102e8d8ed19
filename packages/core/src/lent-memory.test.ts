import { LentMemory } from './lent-memory.ts';

const LARGE = 64 * 1024;
const read = (letter: string, bytes = LARGE): Buffer => Buffer.alloc(bytes, letter);
const copy = (memory: LentMemory, letter: string, bytes = LARGE): Buffer => memory.copy(read(letter, bytes), 2 * LARGE);

test('memory is used again when it was given back, and not before', () => {
  const memory = new LentMemory();
  const one = copy(memory, '1');
  const two = copy(memory, '2');
  expect(two.buffer).not.toBe(one.buffer);
  LentMemory.giveBack([one], true);
  const three = copy(memory, '3');
  expect(three.buffer).toBe(one.buffer);
  expect([two.equals(read('2')), three.equals(read('3'))]).toEqual([true, true]);
});

test('what is given back twice is lent once', () => {
  const memory = new LentMemory();
  const one = copy(memory, '1');
  LentMemory.giveBack([one, one], true);
  LentMemory.giveBack([one], true);
  expect(copy(memory, '2').buffer).not.toBe(copy(memory, '3').buffer);
});

test('a part of what was lent, or what comes from elsewhere, gives nothing back', () => {
  const memory = new LentMemory();
  const one = copy(memory, '1');
  LentMemory.giveBack([one.subarray(0, 10), Buffer.from(one)], true);
  expect(copy(memory, '2').buffer).not.toBe(one.buffer);
});

test('memory that is too small for the next piece is not lent for it', () => {
  const memory = new LentMemory();
  LentMemory.giveBack([copy(memory, '1')], true);
  expect(memory.take(3 * LARGE).length).toBe(3 * LARGE);
});

test('memory stays with its session, and goes with the end of a result', () => {
  const memory = new LentMemory();
  const kept = (): Buffer => {
    const one = copy(memory, '1');
    LentMemory.giveBack([one], true);
    return one;
  };
  const first = kept();
  expect(copy(new LentMemory(), '2').buffer).not.toBe(first.buffer);
  expect(copy(memory, '3', 10).length).toBe(10); // a small read
  expect(copy(memory, '4').buffer).not.toBe(first.buffer);
  const last = kept();
  const other = copy(memory, '5');
  expect(other.buffer).toBe(last.buffer);
  LentMemory.giveBack([other], false);
  expect(copy(memory, '6').buffer).not.toBe(last.buffer);
});
