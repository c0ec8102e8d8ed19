import type { Protocol } from '@sallyport/core';
import { classifyCommandLine } from './classify/command-line.ts';
import { readDsn } from './client/dsn.ts';
import { exec } from './client/exec.ts';
import { nativeClient } from './client/native-client.ts';
import { fileCommandLine } from './files/exec/file-command-line.ts';
import { inspect } from './inspect/inspect.ts';
import { decodeRecording } from './recorded/decode-recording.ts';
import { serve } from './serve.ts';
import { hasNativeCiphers, NO_NATIVE_CIPHERS } from './ssh2/native-ciphers.ts';
import { targetSchema } from './target-schema.ts';

const DEFAULT_PORT = 22;

/** SSH, version 2: shells, commands, files and tunnels, each channel judged and recorded. RFC 4251 to 4254. */
export function ssh(): Protocol {
  let told = hasNativeCiphers;
  return {
    name: 'ssh',
    defaultPort: DEFAULT_PORT,
    targetSchema,
    serve(client, host) {
      if (!told) host.log('warn', NO_NATIVE_CIPHERS);
      told = true;
      return serve(client, host);
    },
    classify: (text) => Promise.resolve(classifyCommandLine(text, fileCommandLine(Buffer.from(text)))),
    decodeRecording,
    terminals: true,
    exec,
    connect: nativeClient,
    readDsn,
    inspect,
    close: () => Promise.resolve(),
  };
}
