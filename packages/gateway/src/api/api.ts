import type { Approvals } from '@sallyport/approvals';
import { GatewayError, type Protocol, type Store } from '@sallyport/core';
import type { Backoff, IdentityService, Keys } from '@sallyport/identity';
import type { Recorder } from '@sallyport/recording';
import { type FastifyInstance, fastify } from 'fastify';
import type { Certificates } from '../certificates.ts';
import type { Config } from '../config/config.ts';
import type { Rulebook } from '../gate-session.ts';
import { splitAddress } from '../listener.ts';
import type { LiveSessions } from '../live-sessions.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { approvalRoutes } from './approval-routes.ts';
import { Callers } from './caller.ts';
import { ApiError } from './error.ts';
import { sessionRoutes } from './session-routes.ts';
import { targetRoutes } from './target-routes.ts';

const BODY_LIMIT_BYTES = 64 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;

export interface ApiParts {
  /** `host:port`; off loopback only behind TLS, which the configuration sees to. */
  readonly listen: string;
  /** What proves that a caller may write data_dir. */
  readonly adminToken: string;
  readonly approvals: Approvals;
  readonly backoff: Backoff;
  readonly identity: IdentityService;
  readonly live: LiveSessions;
  readonly protocols: readonly Protocol[];
  /** What listeners and the forward proxy show. */
  certificates(): Certificates;
  readonly metrics: Metrics;
  readonly keys: Keys;
  readonly recorder: Recorder;
  readonly store: Store;
  readonly log: Logger;
  config(): Config;
  rulebook(): Rulebook;
}

export interface Api {
  close(): Promise<void>;
}

/**
 * The HTTP API of commands and console: JSON, bearer tokens, errors as `{error: {code, message}}`.
 * @throws GatewayError ERR_CONFIG when the address cannot be had.
 */
export async function createApi(parts: ApiParts): Promise<Api> {
  const app = fastify({ logger: false, bodyLimit: BODY_LIMIT_BYTES, requestTimeout: REQUEST_TIMEOUT_MS, forceCloseConnections: true });
  const callers = new Callers(parts.identity, parts.backoff, parts.adminToken);
  answerErrors(app, parts.log);
  await healthRoutes(app, parts);
  await app.register(
    async (api) => {
      targetRoutes(api, parts, callers);
      approvalRoutes(api, parts, callers);
      sessionRoutes(api, parts, callers);
    },
    { prefix: '/api/v1' },
  );
  try {
    await app.listen(splitAddress(parts.listen));
  } catch (cause) {
    throw new GatewayError('ERR_CONFIG', `Cannot listen on ${parts.listen} (admin.listen): ${(cause as Error).message}.`, { cause });
  }
  return { close: () => app.close() };
}

async function healthRoutes(app: FastifyInstance, { store, metrics }: ApiParts): Promise<void> {
  let failed = false;
  store.failed.then(
    () => {
      failed = true;
    },
    () => undefined,
  );
  app.get('/healthz', (_request, reply) => (failed ? reply.code(503).send('the record cannot be kept\n') : reply.send('ok\n')));
  app.get('/metrics', async (_request, reply) => reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()));
}

function answerErrors(app: FastifyInstance, log: Logger): void {
  app.setNotFoundHandler((request, reply) => new ApiError('not_found', `Nothing is at ${request.method} ${request.url}.`).send(reply));
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    if (error instanceof ApiError) return error.send(reply);
    // What somebody may not do is no breakage: a token's scope, a bound.
    if (error instanceof GatewayError && (error.code === 'ERR_ACCESS' || error.code === 'ERR_LIMIT')) {
      return new ApiError('forbidden', error.message).send(reply);
    }
    if (error.statusCode !== undefined && error.statusCode < 500) return new ApiError('bad_request', error.message).send(reply);
    log.error({ err: error, url: request.url }, 'an API request failed');
    return new ApiError('unavailable', 'The gateway could not do this; its log says why.').send(reply);
  });
}
