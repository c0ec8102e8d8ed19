import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { type CheckResult, GatewayError, type Inspection, type InspectOptions, reach, secureTarget, type Target } from '@sallyport/core';
import { credentialField } from '../exchange/target-fields.ts';
import type { TargetOptions } from '../target-schema.ts';
import { authorityOf } from '../upstream/http1-upstream.ts';

const ANSWER_MS = 5_000;

/** Whether the gateway reaches the server, may trust it, and is not refused there; see `Protocol.inspect`. */
export async function inspect(target: Target, _options: InspectOptions, signal: AbortSignal): Promise<Inspection> {
  const results: CheckResult[] = [];
  const { forward, http } = target.options as TargetOptions;
  const soon = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  let socket: Duplex | undefined;
  try {
    socket = await reach(target, soon);
    // What passes a tunnel is between the client and the server.
    if (forward === 'tunnel') return { results };
    if (target.tls.mode !== 'disable') socket = await secureTarget(socket, target, soon, http === '2' ? 'h2' : 'http/1.1');
    results.push(tlsResult(target));
    if (http !== '2') results.push(loginResult(target, await statusOf(socket, target, soon)));
    return { results };
  } catch (cause) {
    signal.throwIfAborted();
    results.push(failure(cause));
    return { results };
  } finally {
    socket?.destroy();
  }
}

/** What the server says to a HEAD of `/`: it is asked as the gateway asks, and changes nothing. */
async function statusOf(socket: Duplex, target: Target, signal: AbortSignal): Promise<number> {
  const credential = credentialField(target);
  const headers = [
    'host',
    authorityOf(target),
    'user-agent',
    'sallyport-doctor',
    'accept',
    '*/*',
    'connection',
    'close',
    ...(credential ?? []),
  ];
  const asked = request({ createConnection: () => socket, method: 'HEAD', path: '/', headers, signal, setHost: false });
  asked.end();
  const answer = await new Promise<IncomingMessage>((resolve, reject) => asked.once('response', resolve).once('error', reject));
  answer.resume();
  return answer.statusCode ?? 0;
}

function tlsResult({ tls }: Target): CheckResult {
  if (tls.mode === 'verify-full') return { check: 'tls', level: 'ok', message: 'The server shows a certificate for its name.' };
  return {
    check: 'tls',
    level: 'warning',
    message:
      tls.mode === 'disable'
        ? 'The gateway speaks to the server without TLS: whoever reads between them has the credential.'
        : 'The name in the certificate is not checked: another server may stand there.',
    mend: 'tls: verify-full, with ca: where the CA is your own',
  };
}

function loginResult(target: Target, status: number): CheckResult {
  if (credentialField(target) === undefined)
    return { check: 'login', level: 'ok', message: `The server answers (${status}); the gateway has no credential for it.` };
  if (status === 401 || status === 407)
    return {
      check: 'login',
      level: 'problem',
      message: `The server refuses the gateway's credential (${status} to HEAD /).`,
      mend: 'credentials of the target: the token or password, and the header that it goes in',
    };
  return {
    check: 'login',
    level: 'ok',
    message: `The server does not refuse the gateway's credential (${status} to HEAD /); whether it is good for more, its own paths tell.`,
  };
}

function failure(cause: unknown): CheckResult {
  const known = cause instanceof GatewayError;
  return {
    check: 'connect',
    level: 'problem',
    message: known ? cause.message : `The server did not answer a HEAD of / as HTTP/1.1 (${(cause as Error).message}).`,
    mend: 'address, tls and http of the target',
  };
}
