import type { Protocol } from '@sallyport/core';
import { analyse, classificationOf } from './classify/classifier.ts';
import { readDsn } from './client/dsn.ts';
import { exec } from './client/exec.ts';
import { nativeClient } from './client/native-client.ts';
import { inspect } from './inspect/inspect.ts';
import { decodeRecording } from './replay/recorded-result.ts';
import { Schemas } from './schema/schemas.ts';
import { serve } from './serve.ts';
import { SignInKey } from './startup/client-sign-in.ts';
import { SessionRegistry } from './startup/session-registry.ts';
import { mysqlOptions } from './startup/target-options.ts';
import { TargetProfiles } from './startup/target-profile.ts';
import { targetSchema } from './target-schema.ts';

const DEFAULT_PORT = 3306;

/** MySQL 5.7 and newer, MariaDB 10.3 and newer. What sessions share lives as long as this object. */
export function mysql(): Protocol {
  const shared = { registry: new SessionRegistry(), profiles: new TargetProfiles(), key: new SignInKey(), schemas: new Schemas() };
  return {
    name: 'mysql',
    defaultPort: DEFAULT_PORT,
    targetSchema,
    serve: (client, host) => serve(client, host, shared),
    classify: (text, target) => {
      const { database, functions = [] } = target === undefined ? {} : mysqlOptions(target);
      // Without a session: as a server reads it whose sql_mode nobody has changed.
      const analysis = analyse(text, {
        family: 'mysql',
        sqlMode: new Set(),
        characterSet: 'utf8mb4',
        foldNames: false,
        functions: new Set(functions.map((name) => name.toLowerCase())),
        ...(database !== undefined && { database }),
      });
      return Promise.resolve(classificationOf(analysis));
    },
    decodeRecording,
    exec,
    connect: nativeClient,
    readDsn,
    inspect,
    close: () => Promise.resolve(),
  };
}
