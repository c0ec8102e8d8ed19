import { GatewayError, reach, type Target, unreachable } from '@sallyport/core';
import ssh2, { type Client, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import { keepaliveOf, SSH_LIMITS, type SshLimits, seconds } from '../limits.ts';
import { preferredCiphers } from '../ssh2/native-ciphers.ts';
import type { TargetOptions } from '../target-schema.ts';
import { useCertificate } from './certificate.ts';
import { isPinned, pinnedTypes, unknownHostKey } from './host-keys.ts';

/**
 * Signs in at the target with the gateway's own credentials; its host key must be a pinned one.
 *
 * @throws GatewayError ERR_TARGET_UNREACHABLE or ERR_TARGET_AUTH, or the signal's reason
 */
export async function connectTarget(target: Target, signal: AbortSignal, limits: SshLimits = SSH_LIMITS): Promise<Client> {
  const sock = await reach(target, signal, { kept: true }); // ssh2 decrypts where it lies, and channels hold parts of it
  const client = new ssh2.Client();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let wrongKey: GatewayError | undefined;
  const abort = (): void => reject(signal.reason);
  client.once('ready', resolve);
  client.on('error', (error) => reject(wrongKey ?? refusal(target, error, limits)));
  client.once('close', () => reject(wrongKey ?? unreachable(target, 'closed the connection before the gateway had signed in')));
  signal.addEventListener('abort', abort, { once: true });
  const options = target.options as TargetOptions;
  const hostVerifier = (key: Buffer): boolean => {
    if (isPinned(options, key)) return true;
    wrongKey = unknownHostKey(target, key);
    return false;
  };
  try {
    client.connect({
      sock,
      readyTimeout: limits.readyMs,
      ident: 'Sallyport',
      ...keepaliveOf(limits),
      ...credentialsOf(target),
      ...algorithmsFor(options),
      hostVerifier,
    });
    useCertificate(client, target);
    await promise;
    return client;
  } catch (cause) {
    client.end();
    sock.destroy();
    signal.throwIfAborted();
    throw cause instanceof GatewayError ? cause : refusal(target, cause as Error, limits);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function credentialsOf({ credentials: { username, password, key } }: Target): ConnectConfig {
  return {
    username,
    ...(password !== undefined && { password, tryKeyboard: false }),
    ...(key !== undefined && { privateKey: key }),
  };
}

/** Asks for a kind of key that is pinned: a host has several, and would show another. */
function algorithmsFor(options: TargetOptions): ConnectConfig {
  const types = pinnedTypes(options).flatMap((type) => (type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type]));
  const cipher = preferredCiphers();
  return {
    algorithms: {
      ...(types.length > 0 && { serverHostKey: types as ServerHostKeyAlgorithm[] }),
      ...(cipher !== undefined && { cipher }),
    },
  };
}

function refusal(target: Target, error: Error & { level?: string }, { readyMs }: SshLimits): GatewayError {
  if (error.level === 'client-timeout')
    return unreachable(
      target,
      `did not let the gateway in within ${seconds(readyMs)}: check that SSH runs there, and how busy that host is`,
      error,
    );
  if (error.level === 'client-authentication') {
    const { username } = target.credentials;
    return new GatewayError(
      'ERR_TARGET_AUTH',
      `The target ${target.name} refused the gateway's own sign-in as ${username}: an administrator must check the target's credentials. Yours are right.`,
      { cause: error },
    );
  }
  return unreachable(
    target,
    `could not be signed in to (${error.message}): check that SSH runs there, and the target's "credentials"`,
    error,
  );
}
