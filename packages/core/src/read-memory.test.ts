import { ReadMemory } from './read-memory.ts';

const LARGE = 64 * 1024;
const read = (letter: string, bytes = LARGE): Buffer => Buffer.alloc(bytes, letter);

test('memory is used again when it was given back, and not before', () => {
  const memory = new ReadMemory(2 * LARGE);
  const one = memory.copy(read('1'));
  const two = memory.copy(read('2'));
  expect(two.buffer).not.toBe(one.buffer);
  ReadMemory.giveBack(one);
  const three = memory.copy(read('3'));
  expect(three.buffer).toBe(one.buffer);
  expect([two, three].map((bytes) => bytes.equals(read(String(bytes[0] === 50 ? '2' : '3'))))).toEqual([true, true]);
});

test('what is given back twice is lent once', () => {
  const memory = new ReadMemory(LARGE);
  const one = memory.copy(read('1'));
  ReadMemory.giveBack(one);
  ReadMemory.giveBack(one);
  expect(memory.copy(read('2')).buffer).not.toBe(memory.copy(read('3')).buffer);
});

test('a part of what was lent, or what comes from elsewhere, gives nothing back', () => {
  const memory = new ReadMemory(LARGE);
  const one = memory.copy(read('1'));
  ReadMemory.giveBack(one.subarray(0, 10));
  ReadMemory.giveBack(Buffer.from(one));
  expect(memory.copy(read('2')).buffer).not.toBe(one.buffer);
});

test('memory stays with its socket, and goes with the end of a result', () => {
  const memory = new ReadMemory(LARGE);
  const one = memory.copy(read('1'));
  ReadMemory.giveBack(one);
  expect(new ReadMemory(LARGE).copy(read('2')).buffer).not.toBe(one.buffer);
  expect(memory.copy(read('3', 10)).length).toBe(10);
  expect(memory.copy(read('4')).buffer).not.toBe(one.buffer);
});
