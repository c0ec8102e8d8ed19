import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import type { Gateway } from './gateway.ts';

const ZSTD = Buffer.from('28b52ffd', 'hex');

/** Ends the gateway and gives all that it has kept: its log, each file, and every value of every table, segments decompressed. */
export async function* keptBy(gateway: Gateway): AsyncGenerator<Buffer> {
  process.kill(gateway.pid, 'SIGTERM');
  while (lives(gateway.pid)) await setTimeout(50);
  yield Buffer.from(gateway.log());
  for (const entry of readdirSync(join(dirname(gateway.config), 'data'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const raw = readFileSync(path);
    yield raw;
    if (raw.subarray(0, 15).equals(Buffer.from('SQLite format 3'))) yield* valuesIn(path);
  }
}

function* valuesIn(file: string): Generator<Buffer> {
  const database = new DatabaseSync(file, { readOnly: true });
  for (const { name } of database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()) {
    for (const row of database.prepare(`SELECT * FROM "${String(name)}"`).all()) {
      for (const value of Object.values(row)) {
        const bytes = value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value));
        yield bytes.subarray(0, 4).equals(ZSTD) ? zstdDecompressSync(bytes) : bytes;
      }
    }
  }
  database.close();
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
