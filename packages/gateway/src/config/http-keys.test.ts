import { parseConfig } from './load.ts';
import { sampleProtocol } from './sample-protocol.ts';

const parse = (text: string) => parseConfig(text, '/f', [sampleProtocol()]);

test.each([
  [
    'targets: {}\nrules: [{ name: a, match: { headers: [x-env] }, action: deny }]',
    '/f:2:39: rules[0].match.headers[0]: must be name: value, such as "content-type: text/*", not "x-env".',
  ],
  [
    'targets: {}\nrules: [{ name: a, match: { query: debug }, action: deny }]',
    '/f:2:36: rules[0].match.query: must be name=value, such as "per_page=*", not "debug".',
  ],
  [
    'targets: {}\nrules: [{ name: a, match: { bytes_over: 10MB }, action: deny }]',
    '/f:2:41: rules[0].match.bytes_over: must be a size such as 10MiB, or a number of bytes, not "10MB".',
  ],
])('%j', (text, problem) => expect(() => parse(text)).toThrow(problem));

test('sizes, in bytes', () => {
  const over = (size: string | number) => parse(`targets: {}\nrules: [{ name: a, match: { bytes_over: ${size} }, action: deny }]`);
  const read = (size: string | number) => over(size).policy.rules[0]?.match;
  expect(['1KiB', '10MiB', '999999GiB', 0, 5].map((size) => read(size)?.bytesOver)).toEqual([
    1024, 10_485_760, 1_073_740_750_258_176, 0, 5,
  ]);
});
