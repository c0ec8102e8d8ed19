import { type CheckResult, GatewayError, type Inspection, type InspectOptions, type Target } from '@sallyport/core';
import { checkGit } from '@sallyport/git';
import type { Client } from 'ssh2';
import { connectTarget } from '../startup/connect-target.ts';

const CONNECT_MS = 5_000;
const ACCOUNT_COMMAND = 'id -un; id -u; uname -sr';

/** Whether the gateway reaches the host, knows its key and may sign in; see `Protocol.inspect`. */
export async function inspect(target: Target, _options: InspectOptions, signal: AbortSignal): Promise<Inspection> {
  const results: CheckResult[] = [];
  let client: Client | undefined;
  try {
    client = await connectTarget(target, AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]));
    results.push({ check: 'host key', level: 'ok', message: 'The host shows a key that host_keys lists.' });
    results.push({ check: 'login', level: 'ok', message: `${target.credentials.username} signs in.` });
    const [name = '', id = '', product = ''] = (await output(client, ACCOUNT_COMMAND)).split('\n');
    results.push(accountResult(name, id), await checkGit());
    return { results, inside: { product: product || 'SSH', databases: [], columns: [], leastAccount: '' } };
  } catch (cause) {
    signal.throwIfAborted();
    results.push(failure(cause, client !== undefined));
    return { results };
  } finally {
    client?.end();
  }
}

function accountResult(name: string, id: string): CheckResult {
  if (id !== '0') return { check: 'account', level: 'ok', message: `${name || 'The account'} is not root.` };
  return {
    check: 'account',
    level: 'warning',
    message: 'The gateway signs in as root: whoever gets a command past the rules owns the host.',
    mend: 'give the gateway an account of its own, with sudo for what people need',
  };
}

function failure(cause: unknown, signedIn: boolean): CheckResult {
  const error = cause instanceof GatewayError ? cause : undefined;
  const check = signedIn ? 'account' : error?.code === 'ERR_TARGET_AUTH' ? 'login' : 'connect';
  return {
    check,
    level: 'problem',
    message: error?.message ?? `It could not be looked into (${(cause as Error).message}).`,
    mend: 'address, host_keys and credentials of the target',
  };
}

function output(client: Client, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the host did not answer')), CONNECT_MS);
    client.exec(command, (error, channel) => {
      if (error !== undefined) return reject(error);
      let text = '';
      channel.setEncoding('utf8').on('data', (part: string) => {
        text = (text + part).slice(0, 4_096);
      });
      channel.stderr.resume();
      channel.once('close', () => {
        clearTimeout(timer);
        resolve(text);
      });
    });
  });
}
