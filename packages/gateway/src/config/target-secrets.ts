import { readFile, stat } from 'node:fs/promises';
import { GatewayError, type Target } from '@sallyport/core';
import type { TargetConfig } from './config.ts';
import type { Secret } from './secret.ts';

/** Certificates with their chain are the largest that makes sense. */
const FILE_LIMIT = 256 * 1024;

/**
 * Fetches what a target's credentials refer to. Only `serve` and what signs in at targets calls it.
 *
 * @throws GatewayError ERR_CONFIG that names the target, the key and the variable or file, never a value.
 */
export async function resolveSecrets(config: TargetConfig, env: NodeJS.ProcessEnv = process.env): Promise<Target> {
  const { credentials, credentialHeader, tls } = config;
  const read = (key: string, secret: Secret): Promise<string> => fetchSecret(secret, env, `targets.${config.name}.credentials.${key}`);
  const optional = async <K extends 'password' | 'token' | 'certificate' | 'key'>(key: K): Promise<{ readonly [P in K]?: string }> => {
    const secret = credentials[key];
    return secret === undefined ? {} : ({ [key]: await read(key, secret) } as { readonly [P in K]?: string });
  };
  return {
    ...publicPart(config),
    tls: { mode: tls.mode, ...(tls.caFile === undefined ? {} : { ca: await readText(tls.caFile, `targets.${config.name}.ca`) }) },
    credentials: {
      username: credentials.username === undefined ? '' : await read('username', credentials.username),
      ...(credentialHeader !== undefined && { header: credentialHeader }),
      ...(await optional('password')),
      ...(await optional('token')),
      ...(await optional('certificate')),
      ...(await optional('key')),
    },
  };
}

/** The target without what it takes to sign in there: enough to classify commands for it. */
export function withoutSecrets(config: TargetConfig): Target {
  return { ...publicPart(config), tls: { mode: config.tls.mode }, credentials: { username: '' } };
}

function publicPart({ name, protocol, host, port, labels, options }: TargetConfig): Omit<Target, 'tls' | 'credentials'> {
  return { name, protocol, host, port, labels, options };
}

async function fetchSecret(secret: Secret, env: NodeJS.ProcessEnv, path: string): Promise<string> {
  switch (secret.from) {
    case 'literal':
      return secret.value;
    case 'env': {
      const value = env[secret.name];
      if (value === undefined || value === '') {
        throw new GatewayError(
          'ERR_CONFIG',
          `${path} refers to the environment variable ${secret.name}, which is ${value === '' ? 'empty' : 'not set'}. Set it where the gateway is started.`,
        );
      }
      return value;
    }
    case 'file': {
      // Editors and `echo` end a file with a line break that is no part of the secret.
      const value = (await readText(secret.path, path)).replace(/\r?\n$/, '');
      if (value === '') throw new GatewayError('ERR_CONFIG', `${path} refers to the file ${secret.path}, which is empty.`);
      return value;
    }
  }
}

async function readText(file: string, path: string): Promise<string> {
  const refuse = (why: string, cause?: unknown): GatewayError =>
    new GatewayError('ERR_CONFIG', `${path} refers to the file ${file}, which ${why}.`, { cause });
  try {
    const { size } = await stat(file);
    if (size > FILE_LIMIT) throw refuse(`is larger than ${FILE_LIMIT / 1024} KiB`);
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw refuse(
      (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : `cannot be read (${(cause as Error).message})`,
      cause,
    );
  }
}
