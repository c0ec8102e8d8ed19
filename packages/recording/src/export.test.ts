import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { collect, commandEvent, END, type Fixture, openFixture, openSession, recordSession } from '../test/fixture.ts';
import { type ExportFormat, exportSession, verifyFile } from './index.ts';

let fixture: Fixture;
let file: string;
beforeEach(async () => {
  fixture = await openFixture();
  file = join(fixture.dataDir, 'export.json');
});
afterEach(() => fixture.close());

const exported = async (id: string, format: ExportFormat) =>
  Buffer.concat(await collect(exportSession(fixture.store, id, format))).toString();

async function write(edit: (text: string) => string = (text) => text): Promise<void> {
  writeFileSync(file, edit(await exported('s', 'json')));
}

describe('JSON', () => {
  beforeEach(async () => {
    const session = await recordSession(fixture, 's');
    await fixture.recorder.checkpoint();
    await session.end(END, 'ended');
    await recordSession(fixture, 'other');
  });

  test('is one document, and verifies by itself', async () => {
    await write();
    const document = JSON.parse(readFileSync(file, 'utf8')) as {
      session: object;
      log: { type: string }[];
      records: { text?: string; data?: string }[];
    };
    expect(document.session).toMatchObject({ id: 's', identity: 'alice' });
    expect(document.log.map(({ type }) => type)).toEqual(['session.opened', 'checkpoint', 'session.sealed']);
    expect(document.records.length).toBe(9);
    expect(await verifyFile(file)).toEqual({ ok: true, verdict: 'self-consistent', sessions: 1, unsealed: 0, findings: [] });
    expect(await verifyFile(file, fixture)).toMatchObject({ ok: true, verdict: 'verified' });
  });

  test.each<[string, (text: string) => string, RegExp]>([
    ['a record', (text) => text.replace('SELECT 1', 'SELECT 9'), /Records? \d.* not match/],
    [
      'a result',
      (text) => text.replace(Buffer.from('row 1;done 1;').toString('base64'), Buffer.from('row 9;done 1;').toString('base64')),
      /Records? \d.* not match/,
    ],
    [
      'a record line removed',
      (text) =>
        text
          .split('\n')
          .filter((line) => !line.startsWith('{"seq":3'))
          .join('\n'),
      /Record 3 is missing|entry|session/,
    ],
    ['the last record removed', (text) => text.replace(/,\n\{"seq":9[^\n]*\n/, '\n'), /Record 9 is missing at the end/],
    ['the row', (text) => text.replace('"identity":"alice"', '"identity":"bob"'), /identity differ/],
    [
      'a log entry',
      (text) => text.replace('\\"durability\\":\\"strict\\"', '\\"durability\\":\\"fast\\"'),
      /signature that does not match/,
    ],
    ['the seal removed', (text) => text.replace(/,\n\{"seq":\d+,"type":"session.sealed"[^\n]*\n/, '\n'), /seal is missing/],
    ['the file cut short', (text) => text.slice(0, -100), /line \d+ is not as|ends at line/],
    ['the file reformatted', (text) => JSON.stringify(JSON.parse(text)), /line 1 is not as/],
    ['something added after the end', (text) => `${text}{}\n`, /is not as/],
    ['a key twice', (text) => text.replace('{"seq":2,"at"', '{"seq":2,"seq":2,"at"'), /is not as/],
  ])('an edit is named: %s', async (_, edit, what) => {
    await write(edit);
    const { ok, findings } = await verifyFile(file);
    expect(ok).toBe(false);
    expect(findings.map((finding) => finding.what).join('\n')).toMatch(what);
  });

  test('a file that is not there is a finding', async () => {
    expect(await verifyFile(join(fixture.dataDir, 'none'))).toMatchObject({ ok: false, verdict: 'failed', sessions: 0 });
  });
});

test('CSV lists commands, and no cell starts a formula', async () => {
  const session = await openSession(fixture, 's');
  session.note(commandEvent(1, '=HYPERLINK("http://x")', { parameters: ['a,b', null], ruling: 'deny', rule: ['-r', 'two'] }));
  session.note(commandEvent(2, 'SELECT\r\n"x"'));
  session.note({ type: 'result', command: 2, state: 'failed', rows: 0, bytes: 0, error: { code: '42', message: '@oops' } });
  await session.end(END, 'ended');
  const [head, first, ...second] = (await exported('s', 'csv')).split('\r\n');
  expect(head).toBe(
    'at,command,text,parameters,class,verb,relations,ruling,rule,approval,state,rows,bytes,duration_ms,error_code,error_message',
  );
  expect(first).toMatch(
    /^[^,]+,1,"'=HYPERLINK\(""http:\/\/x""\)","\[""a,b"",null\]",read,SELECT,public.orders,deny,'-r; two,,intended,,,,,$/,
  );
  expect(second.join('\r\n')).toMatch(/,2,"SELECT\r\n""x""",,read,SELECT,public.orders,allow,,,failed,0,0,[\d.]+,42,'@oops\r\n$/);
});
