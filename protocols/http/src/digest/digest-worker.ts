import { createHash, type Hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { OPERATION, RingReader, type SharedMemory } from './shared-ring.ts';

/** What the thread says: the digest of a body that has ended. */
export interface Digested {
  readonly body: number;
  readonly sha256: Uint8Array;
}

const ring = new RingReader(workerData as SharedMemory);
const hashes = new Map<number, Hash>();

for (;;) {
  const { body, operation, pieces } = ring.next();
  const hash = hashes.get(body) ?? createHash('sha256');
  if (operation === OPERATION.data) {
    hashes.set(body, hash);
    for (const piece of pieces) hash.update(piece);
  } else {
    hashes.delete(body);
    if (operation === OPERATION.end) parentPort?.postMessage({ body, sha256: hash.digest() } satisfies Digested);
  }
}
