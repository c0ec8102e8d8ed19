import { randomBytes } from 'node:crypto';
import type { Approvals } from '@sallyport/approvals';
import { GatewayError, type Session, type SignIn, withoutWholeTokens } from '@sallyport/core';
import type { IdentityService, SignedIn } from '@sallyport/identity';
import type { ApprovalSpec } from '@sallyport/policy';
import type { Recorder, SessionRecorder } from '@sallyport/recording';
import type { Config } from './config/config.ts';
import type { Caller } from './connection-host.ts';
import type { Fingerprint } from './fingerprint.ts';
import { GateSession, type Rulebook } from './gate-session.ts';
import type { LiveSessions } from './live-sessions.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';

export interface SessionOpenerParts {
  readonly approvals: Approvals;
  readonly identity: IdentityService;
  readonly recorder: Recorder;
  readonly live: LiveSessions;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly fingerprint: Fingerprint;
  config(): Config;
  rulebook(): Rulebook;
  /** Ends the session if the configuration in force is not the one that it was opened under. */
  rejudge(session: GateSession): void;
}

/** Turns a client that proved who it is into a session: access, record, approval where access needs one. */
export class SessionOpener {
  readonly #parts: SessionOpenerParts;

  constructor(parts: SessionOpenerParts) {
    this.#parts = parts;
  }

  /** @throws GatewayError ERR_ACCESS, ERR_RECORDING; the record of a refused session says why. */
  async open(signIn: SignIn, { identity, token }: SignedIn, arrival: Caller): Promise<Session> {
    const { metrics, live } = this.#parts;
    const { target } = signIn;
    const access = this.#parts.rulebook().policy.access(identity, target);
    if (!access.allowed) throw new GatewayError('ERR_ACCESS', `${identity.name} has no access to ${target.name}: no access rule lists it.`);
    const recorder = await this.#record(signIn, { identity, token }, arrival);
    metrics.sessions.inc({ target: target.name });
    const log = this.#parts.log.child({ session: recorder.id, identity: identity.name, target: target.name });
    log.info({ client: arrival.client }, 'session opened');
    const session = new GateSession({
      ...this.#parts,
      identity,
      token,
      target,
      rulebook: this.#parts.rulebook(),
      recorder,
      log,
      alive: () => this.#parts.identity.alive(token.id),
      ended: () => {
        live.remove(session.id);
        metrics.sessions.dec({ target: target.name });
      },
    });
    live.add(session);
    this.#parts.rejudge(session); // a reload may have come since the client connected
    if (access.approval !== undefined) await this.#approve(session, access.approval, signIn);
    return session;
  }

  #record(signIn: SignIn, { identity, token }: SignedIn, arrival: Caller): Promise<SessionRecorder> {
    const { recording, targets } = this.#parts.config();
    const results = targets.find(({ name }) => name === signIn.target.name)?.results ?? recording.results;
    const row = {
      id: `s_${randomBytes(8).toString('hex')}`,
      target: signIn.target.name,
      protocol: signIn.target.protocol,
      identity: identity.name,
      kind: identity.kind,
      actingFor: identity.actingFor ?? null,
      client: arrival.client,
      token: token.id,
      facts: Object.fromEntries(Object.entries(signIn.facts).map(([name, value]) => [name, withoutWholeTokens(value)])),
    };
    return this.#parts.recorder.open(row, { durability: recording.durability, results });
  }

  /** Access itself may wait for a person. A no ends the session, sealed. */
  async #approve(session: GateSession, spec: ApprovalSpec, signIn: SignIn): Promise<void> {
    const { target, identity } = session;
    const asked = this.#parts.approvals.request(
      {
        subject: { type: 'access', text: `connect to ${target.name}` },
        command: 0,
        session: session.id,
        identity,
        target: target.name,
        rule: 'access',
        context: {},
        terms: spec,
      },
      signIn.left === undefined ? session.signal : AbortSignal.any([session.signal, signIn.left]),
    );
    const approval = asked.approval ?? asked.grantedBy;
    if (asked.notice !== undefined) signIn.notice?.(asked.notice);
    const outcome = await asked.outcome;
    session.note({ type: 'access', outcome: outcome.action, ...(approval !== undefined && { approval }) });
    if (outcome.action === 'allow') return;
    const error = new GatewayError('ERR_ACCESS', outcome.message);
    await session.end({ error, clientBytes: 0, targetBytes: 0, clientFrames: 0, targetFrames: 0, opaqueBytes: 0 });
    throw error;
  }
}
