import { ProtocolError } from '@sallyport/core';
import { AdvertisementEditor } from './advertisement.ts';
import { FLUSH, pktLine } from './pkt-line.ts';

const A = 'a'.repeat(40);
const OFFERED = 'report-status-v2 delete-refs quiet atomic ofs-delta push-cert=1-ab object-format=sha1 fancy=1 agent=git/2';
const KEPT = 'report-status-v2 delete-refs quiet atomic ofs-delta push-cert=1-ab object-format=sha1 agent=git/2 no-thin';
const REST = Buffer.concat([pktLine(`${A} refs/heads/x\n`), FLUSH, pktLine('\x01unpack ok\n'), Buffer.from('bytes of no line')]);

test.each([
  ['plain', []],
  ['HTTP', [pktLine('# service=git-receive-pack\n'), FLUSH]],
  ['protocol 1', [pktLine('version 1\n')]],
])('an advertisement (%s) offers what can be judged and asks for packs that stand alone, wherever it is cut', (_what, before) => {
  const input = Buffer.concat([...before, pktLine(`${A} refs/heads/main\0${OFFERED}\n`), REST]);
  const output = Buffer.concat([...before, pktLine(`${A} refs/heads/main\0${KEPT}\n`), REST]);
  for (let at = 0; at <= input.length; at++) {
    const editor = new AdvertisementEditor();
    expect(Buffer.concat([editor.push(input.subarray(0, at)), editor.push(input.subarray(at))])).toEqual(output);
  }
});

test('an error passes as it is', () => {
  const input = pktLine('ERR no such repository');
  expect(new AdvertisementEditor().push(input)).toEqual(input);
});

test('refs without capabilities are refused: pushes could not be judged', () => {
  expect(() => new AdvertisementEditor().push(pktLine(`${A} refs/heads/main\n`))).toThrow(ProtocolError);
  expect(() => new AdvertisementEditor().push(pktLine('version 2\n'))).toThrow(ProtocolError);
});
