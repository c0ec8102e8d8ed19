import type { Target } from '@sallyport/core';
import type { Schema, SchemaAccess } from '../relay/schema.ts';
import { openOwnConnection } from '../startup/own-connection.ts';
import { readSchema } from './schema-reader.ts';

/** Changes that the gateway did not see are known by then. */
const FRESH_MS = 10_000;
/** How long a command waits for the schema. */
const READ_MS = 15_000;

interface Entry {
  schema: Schema | undefined;
  /** When reading it began, in milliseconds of {@link performance}. */
  readAt: number;
  reading: Promise<Schema> | undefined;
}

/** The schemas of all targets, each read at most every ten seconds, over a connection of the gateway's own. */
export class Schemas {
  readonly #entries = new Map<string, Entry>();

  of(target: Target): SchemaAccess {
    const key = JSON.stringify([target.name, target.host, target.port, target.credentials.username]);
    const entry = this.#entries.get(key) ?? { schema: undefined, readAt: 0, reading: undefined };
    this.#entries.set(key, entry);
    const current = (): Schema | undefined => (performance.now() - entry.readAt < FRESH_MS ? entry.schema : undefined);
    return {
      current,
      get: () => (current() ? Promise.resolve(current() as Schema) : this.#read(entry, target)),
      invalidate: () => {
        entry.schema = undefined;
        entry.reading = undefined; // what is being read may be older than the change
      },
    };
  }

  #read(entry: Entry, target: Target): Promise<Schema> {
    if (entry.reading !== undefined) return entry.reading;
    const began = performance.now();
    const reading = read(target).then((schema) => {
      if (entry.reading === reading) {
        entry.schema = schema;
        entry.readAt = began;
      }
      return schema;
    });
    entry.reading = reading;
    const over = (): void => {
      if (entry.reading === reading) entry.reading = undefined;
    };
    reading.then(over, over);
    return reading;
  }
}

async function read(target: Target): Promise<Schema> {
  const connection = await openOwnConnection(target, AbortSignal.timeout(READ_MS));
  try {
    return await readSchema(connection);
  } finally {
    connection.close();
  }
}
