import { askStartDirectory } from '../files/sftp/start-directory.ts';
import { repaired } from '../ssh2/private-parts.ts';
import type { TargetConnection } from './conversation.ts';

/** A target that says nothing is taken for one that does not know. */
const ASK_MS = 5_000;

const known = new WeakMap<TargetConnection, Promise<string | undefined>>();

/** Where commands start on the target, asked once for each connection. Undefined: it does not say. */
export function startDirectoryAt(connection: TargetConnection): Promise<string | undefined> {
  const asked = known.get(connection) ?? ask(connection);
  known.set(connection, asked);
  return asked;
}

function ask({ client }: TargetConnection): Promise<string | undefined> {
  return new Promise((resolve) => {
    try {
      client.subsys('sftp', (error, channel) => {
        if (error === undefined || error === null) resolve(askStartDirectory(repaired(channel), AbortSignal.timeout(ASK_MS)));
        else resolve(undefined);
      });
      setTimeout(() => resolve(undefined), ASK_MS).unref();
    } catch {
      resolve(undefined); // the connection is gone, which its own channels will say
    }
  });
}
