import { terminalWidth } from './terminal.ts';

const { columns, isTTY } = process.stdout;
const told = process.env['COLUMNS'];

afterEach(() => {
  Object.assign(process.stdout, { columns, isTTY });
  if (told === undefined) delete process.env['COLUMNS'];
  else process.env['COLUMNS'] = told;
});

test.each([
  [{ isTTY: true, columns: 120 }, '', 120],
  [{ isTTY: true, columns: 0 }, '', 80],
  [{ isTTY: true, columns: 0 }, '100', 100],
  [{ isTTY: false, columns: undefined }, '', Infinity],
  [{ isTTY: false, columns: undefined }, '100', 100],
])('a terminal %j with COLUMNS=%j is %d wide', (terminal, environment, width) => {
  Object.assign(process.stdout, terminal);
  process.env['COLUMNS'] = environment;
  expect(terminalWidth()).toBe(width);
});
