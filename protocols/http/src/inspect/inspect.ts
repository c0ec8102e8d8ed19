import { type CheckResult, GatewayError, type Inspection, type InspectOptions, type Target } from '@sallyport/core';
import { credentialField } from '../exchange/target-fields.ts';
import type { TargetOptions } from '../target-schema.ts';
import { connected } from './probe.ts';
import { look, type Service } from './service.ts';

const ANSWER_MS = 10_000;

/** Whether the gateway reaches the server, may trust it, and is not refused there, and what the server is; see `Protocol.inspect`. */
export async function inspect(target: Target, _options: InspectOptions, signal: AbortSignal): Promise<Inspection> {
  const results: CheckResult[] = [];
  const { forward, http } = target.options as TargetOptions;
  const soon = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  try {
    // What passes a tunnel is between the client and the server.
    const tunnel = forward === 'tunnel';
    const reached: Target = tunnel ? { ...target, tls: { mode: 'disable' } } : target;
    await connected(reached, http === '2' ? 'h2' : 'http/1.1', soon, async () => undefined);
    if (tunnel) return { results };
    results.push(tlsResult(target));
    if (http === '2') return { results };
    const service = await look(target, soon);
    results.push(loginResult(target, service), ...kindResult(service));
    return { results, strongestTls: target.tls.mode, inside: interior(service) };
  } catch (cause) {
    signal.throwIfAborted();
    results.push(failure(cause));
    const weaker = await weakerTls(target, soon);
    return { results, ...(weaker !== undefined && { strongestTls: weaker }) };
  }
}

function interior({ kind, missing, product, tokenHeader }: Service): NonNullable<Inspection['inside']> {
  return {
    ...{ product, databases: [], columns: [], leastAccount: '' },
    ...(kind !== undefined && { kind }),
    ...(missing !== undefined && { options: { [missing]: true } }),
    ...(tokenHeader !== undefined && { tokenHeader }),
  };
}

/** Where the server's certificate proves nothing: whether there is TLS at all. */
async function weakerTls(target: Target, signal: AbortSignal): Promise<'require' | undefined> {
  if (target.tls.mode !== 'verify-full') return undefined;
  try {
    await connected({ ...target, tls: { mode: 'require' } }, 'http/1.1', signal, async () => undefined);
    return 'require';
  } catch {
    return undefined;
  }
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

function loginResult(target: Target, { status, tokenHeader }: Service): CheckResult {
  if (credentialField(target) === undefined)
    return { check: 'login', level: 'ok', message: `The server answers (${status}); the gateway has no credential for it.` };
  if (status === 401 || status === 407)
    return {
      check: 'login',
      level: 'problem',
      message: `The server refuses the gateway's credential (${status})${tokenHeader === undefined ? '' : `, and takes it in ${tokenHeader}`}.`,
      mend:
        tokenHeader === undefined
          ? 'credentials of the target: the token or password, and the header that it goes in'
          : `credentials: { header: ${tokenHeader} }`,
    };
  return {
    check: 'login',
    level: 'ok',
    message: `The server does not refuse the gateway's credential (${status}); whether it is good for more, its own paths tell.`,
  };
}

/** What the target's entry does not say, and rules go by. */
function kindResult({ kind, missing }: Service): readonly CheckResult[] {
  if (missing === undefined || kind === undefined) return [];
  const meaning = missing === 'llm' ? 'its calls count as writing' : 'merges, settings and workflows have no names for rules';
  return [
    {
      check: 'kind',
      level: 'warning',
      message: `It answers as ${what(kind)} does: without saying so ${meaning}.`,
      mend: `${missing}: true`,
    },
  ];
}

function what(kind: NonNullable<Service['kind']>): string {
  return kind === 'GitHub' ? 'GitHub' : 'an API of language models';
}

function failure(cause: unknown): CheckResult {
  const known = cause instanceof GatewayError;
  return {
    check: 'connect',
    level: 'problem',
    message: known ? cause.message : `The server did not answer as HTTP/1.1 (${(cause as Error).message}).`,
    mend: 'address, tls and http of the target',
  };
}
