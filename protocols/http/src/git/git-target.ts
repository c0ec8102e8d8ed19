import { GatewayError, type Target } from '@sallyport/core';
import type { BaseConversation } from '@sallyport/git';
import type { Exchange } from '../exchange/exchange.ts';
import { basicField, credentialField, reframed, targetFields } from '../exchange/target-fields.ts';
import { type Fields, without } from '../message/fields.ts';
import type { Answer, Outgoing } from '../upstream/answer.ts';
import { authorityOf } from '../upstream/http1-upstream.ts';
import { resultType } from './git-refusal.ts';
import type { SmartRequest } from './smart-request.ts';

/** The name that stands for nobody where only a token counts: GitHub's. */
const TOKEN_USER = 'x-access-token';

/** What is asked of a target for git: the rest of the request is the exchange's. */
interface GitOutgoing {
  readonly body: Outgoing['body'];
  /** Bytes of the body; undefined: not known, or none. */
  readonly length?: number;
  /** The answer may come compressed: nobody here has to read it. */
  readonly compressed?: boolean;
}

/**
 * Passes a request of git's on, once everything that was noted is durable.
 *
 * @throws GatewayError ERR_TARGET_AUTH where the target does not let the gateway in: its client could show no other password.
 */
export async function sendGit(exchange: Exchange, { body, compressed, length }: GitOutgoing): Promise<Answer> {
  const { gate, request, requested, signal, target, upstreams, visit } = exchange;
  const fields = reframed(without(gitFields(exchange), 'content-encoding'), length, compressed !== true);
  await gate.durable();
  signal.throwIfAborted();
  const path = requested.path + requested.query;
  const answer = await upstreams.for(target, false).send({ method: request.method, path, fields, body }, signal);
  visit.seen.targetFrames += 1;
  await demandLetIn(answer, target);
  return answer;
}

/** The fields of a request of git's as they go to the target. */
export function gitFields({ request, target, visit }: Exchange): Fields {
  return signedIn(targetFields(request, target, visit.tokenHeader), target);
}

/** Servers of git take a token as a password only. */
function signedIn(fields: Fields, target: Target): Fields {
  const { token, header } = target.credentials;
  if (token === undefined || header !== undefined) return fields;
  return [...without(fields, 'authorization'), basicField(TOKEN_USER, token)];
}

async function demandLetIn({ body, status }: Answer, { name }: Target): Promise<void> {
  if (status !== 401) return;
  for await (const _ of body) break;
  throw new GatewayError('ERR_TARGET_AUTH', `The target ${name} refused the gateway's credential: check the target's "credentials".`);
}

/** Asks the target's `git-upload-pack` about the same repository, as the gateway itself. */
export function openBase(exchange: Exchange, { base }: SmartRequest): BaseConversation {
  const { signal, target, upstreams } = exchange;
  const over = new AbortController();
  const asked = Promise.withResolvers<Buffer>();
  const send = async (method: string, path: string, fields: Fields, body: Buffer | null): Promise<Answer> => {
    const credential = credentialField(target);
    const own: Fields = [['host', authorityOf(target)], ['git-protocol', 'version=2'], ...(credential === undefined ? [] : [credential])];
    const outgoing = { method, path, fields: signedIn([...own, ...fields], target), body };
    const answer = await upstreams.for(target, false).send(outgoing, AbortSignal.any([signal, over.signal]));
    if (answer.status === 200) return answer;
    for await (const _ of answer.body) break;
    throw new GatewayError('ERR_TARGET_CLOSED', `The target ${target.name} answered ${answer.status}.`);
  };
  async function* received(): AsyncGenerator<Buffer> {
    yield* (await send('GET', `${base}/info/refs?service=git-upload-pack`, [], null)).body;
    const question = await asked.promise;
    const fields: Fields = [
      ['content-type', 'application/x-git-upload-pack-request'],
      ['accept', resultType('upload-pack')],
      ['content-length', String(question.length)],
    ];
    yield* (await send('POST', `${base}/git-upload-pack`, fields, question)).body;
  }
  return { send: (bytes) => asked.resolve(bytes), received: received(), close: () => over.abort() };
}
