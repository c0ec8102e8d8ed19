import type { Host, Session } from '@sallyport/core';
import type { RequestTarget } from '../classify/request-target.ts';
import type { DigestThread } from '../digest/digest-thread.ts';
import type { ClientRequest, Reply } from '../message/client-request.ts';
import type { ExchangeRecord } from '../recorded/exchange-record.ts';
import type { Connection } from '../startup/connection.ts';
import type { Visit } from '../startup/visit.ts';
import type { TargetOptions } from '../target-schema.ts';
import type { ReachedTarget } from '../upstream/reached-target.ts';
import type { Upstreams } from '../upstream/upstreams.ts';

/** One request of somebody who is let in, and the place for its answer. */
export interface Exchange {
  readonly request: ClientRequest;
  readonly reply: Reply;
  readonly connection: Connection;
  readonly host: Host;
  readonly visit: Visit;
  readonly gate: Session;
  readonly target: ReachedTarget;
  readonly options: TargetOptions;
  readonly record: ExchangeRecord;
  readonly upstreams: Upstreams;
  /** Computes the SHA-256 of what of a large body is not recorded. */
  readonly digests: DigestThread;
  /** Path and query as they are judged, and as they go to the target. */
  readonly requested: RequestTarget;
  /** Aborted when the client has left or the session must end. */
  readonly signal: AbortSignal;
}

/** What all exchanges share. */
export type SharedParts = Pick<Exchange, 'upstreams' | 'digests'>;
