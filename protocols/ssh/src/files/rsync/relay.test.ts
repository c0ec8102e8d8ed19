import { createHash } from 'node:crypto';
import { playbook } from '@sallyport/core/testing';
import { fileGate } from '../../../test/file-gate.ts';
import { byteChunks } from '../byte-chunks.ts';
import { fileCommandLine } from '../exec/file-command-line.ts';
import { createRsyncRelay } from './relay.ts';

test('both directions pass as they are, and the transfer is one event', async () => {
  const gate = fileGate();
  const line = fileCommandLine(Buffer.from('rsync --server -re.LsfxCIvu --delete . /srv/app'));
  if (line?.program !== 'rsync') throw new Error('not understood');
  const relay = createRsyncRelay({ gate, line, command: 7 });
  const play = playbook(relay, { client: byteChunks(), target: byteChunks() });
  await play.client(Buffer.from('to the '), Buffer.from('target'));
  await play.target(Buffer.of(0, 255));
  play.expect('target', Buffer.from('to the target'));
  play.expect('client', Buffer.of(0, 255));
  relay.ended();
  const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
  expect(gate.notes).toEqual([
    {
      type: 'rsync',
      command: 7,
      direction: 'upload',
      paths: ['/srv/app'],
      removes: true,
      sent: { bytes: 13, sha256: sha256(Buffer.from('to the target')) },
      received: { bytes: 2, sha256: sha256(Buffer.of(0, 255)) },
    },
  ]);
});
