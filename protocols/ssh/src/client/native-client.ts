import { chmodSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Endpoint, NativeClient } from '@sallyport/core';

/** What ssh runs in place of asking: the token is in the environment alone. */
const ASKPASS = '#!/bin/sh\nprintf \'%s\\n\' "$SALLYPORT_SSH_TOKEN"\n';

/** OpenSSH's client, signed in at the gateway and checking its host key. https://man.openbsd.org/ssh#SSH_ASKPASS */
export function nativeClient({ host, port, user, token, caFile, hostKeys = [] }: Endpoint): NativeClient {
  const folder = dirname(caFile);
  const name = port === 22 ? host : `[${host}]:${port}`;
  const knownHosts = join(folder, `known-hosts-${host.replaceAll(/[^\w.-]/g, '_')}-${port}`);
  const askpass = join(folder, 'ssh-askpass');
  writeFileSync(knownHosts, hostKeys.map((line) => `${name} ${line}\n`).join(''), { mode: 0o600 });
  writeFileSync(askpass, ASKPASS, { mode: 0o700 });
  chmodSync(askpass, 0o700);
  const options = [
    `UserKnownHostsFile=${knownHosts}`,
    'GlobalKnownHostsFile=/dev/null',
    'StrictHostKeyChecking=yes',
    'PubkeyAuthentication=no',
    'PreferredAuthentications=password',
    'NumberOfPasswordPrompts=1',
  ];
  return {
    program: 'ssh',
    args: ['-p', String(port), '-l', user, ...options.flatMap((option) => ['-o', option]), host],
    env: { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force', SALLYPORT_SSH_TOKEN: token },
    dsn: `ssh://${encodeURIComponent(user)}@${host.includes(':') ? `[${host}]` : host}:${port}`,
  };
}
