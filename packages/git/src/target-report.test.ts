import fc from 'fast-check';
import { FLUSH, pktLine } from './pkt-line.ts';
import type { PushRequest } from './push-request.ts';
import { sideBand } from './side-band.ts';
import { TargetReport } from './target-report.ts';

function request(...capabilities: readonly string[]): PushRequest {
  const update = { old: '0'.repeat(40), new: 'a'.repeat(40), kind: 'create' } as const;
  return {
    format: 'sha1',
    updates: ['refs/heads/main', 'refs/heads/other', 'refs/tags/v1'].map((ref) => ({ ref, ...update })),
    capabilities: new Map(capabilities.map((name) => [name, ''])),
    ...{ shallow: [], options: [], signed: false, pack: true, raw: Buffer.alloc(0) },
  };
}

const REPORT = Buffer.concat([
  pktLine('unpack ok\n'),
  pktLine('ok refs/heads/main\n'),
  pktLine('option refname refs/heads/moved\n'),
  pktLine('ng refs/heads/other pre-receive hook declined\n'),
  pktLine('ok refs/heads/never-asked\n'),
  FLUSH,
]);

const ENDS = [
  ['refs/heads/main', { ok: true, reason: '' }],
  ['refs/heads/other', { ok: false, reason: 'pre-receive hook declined' }],
];

function endsOf(asked: PushRequest, chunks: readonly Buffer[]): unknown {
  const report = new TargetReport(asked);
  for (const chunk of chunks) report.push(chunk);
  return [...report.ends];
}

test('what became of each ref is read, however the answer is cut', () => {
  const banded = Buffer.concat([
    sideBand(2, Buffer.from('ok refs/tags/v1\n')),
    sideBand(1, REPORT.subarray(0, 30)),
    sideBand(1, Buffer.alloc(0)),
    sideBand(1, REPORT.subarray(30)),
    FLUSH,
  ]);
  fc.assert(
    fc.property(fc.array(fc.nat(banded.length)), fc.boolean(), (cuts, bands) => {
      const whole = bands ? banded : REPORT;
      const at = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
      const chunks = at.slice(1).map((end, i) => whole.subarray(at[i], end));
      expect(endsOf(bands ? request('report-status-v2', 'side-band-64k') : request('report-status'), chunks)).toEqual(ENDS);
    }),
  );
});

test('without a report nothing is said, and bytes that are none end it', () => {
  expect(endsOf(request('side-band-64k'), [REPORT])).toEqual([]);
  expect(endsOf(request('report-status'), [Buffer.from('<html>'), REPORT])).toEqual([]);
  expect(endsOf(request('report-status'), [REPORT, pktLine('ok refs/tags/v1\n')])).toEqual(ENDS);
});
