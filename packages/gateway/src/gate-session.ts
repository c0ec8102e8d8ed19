import type { Approvals } from '@sallyport/approvals';
import {
  type Column,
  type Command,
  type CommandResult,
  type ContentMasks,
  type Denied,
  type FieldMasks,
  GatewayError,
  type Hold,
  type Identity,
  JUDGED_ONLY,
  type Mask,
  OBJECT_KEYS,
  type Ruling,
  type Session,
  type SessionEnd,
  type SessionEvent,
  type Side,
  type Target,
  type TextMask,
  type TokenRow,
  withoutWholeTokens,
} from '@sallyport/core';
import type { Masks } from '@sallyport/masking';
import type { Judgement, Policy, Subject } from '@sallyport/policy';
import type { ResultsPolicy, SessionRecorder } from '@sallyport/recording';
import { Feed } from './feed.ts';
import type { Fingerprint } from './fingerprint.ts';
import { holdCommand } from './hold-command.ts';
import { LiveFrames } from './live-frames.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';

/** What decides about sessions, as of the newest configuration that was loaded. */
export interface Rulebook {
  readonly policy: Policy;
  readonly masks: Masks;
  /** Digest of the configuration: stands with every ruling. */
  readonly digest: string;
}

export interface GateSessionParts {
  readonly identity: Identity;
  readonly token: TokenRow;
  readonly target: Target;
  readonly rulebook: Rulebook;
  readonly recorder: SessionRecorder;
  readonly approvals: Approvals;
  readonly fingerprint: Fingerprint;
  readonly metrics: Metrics;
  /** Lines about this session: they carry its id. */
  readonly log: Logger;
  /** Whether the token that signed in may still be used. */
  alive(): Promise<boolean>;
  /** Called once, after the seal. */
  ended(): void;
}

/** A signed-in client's session: what its protocol may ask, answered from policy, masks and recorder. */
export class GateSession implements Session {
  readonly id: string;
  readonly target: Target;
  readonly token: TokenRow;
  readonly signal: AbortSignal;
  readonly protectedMask: Mask;
  readonly unmasked: boolean;
  readonly textMask: TextMask | undefined;
  readonly fieldMasks: FieldMasks | undefined;
  readonly requestMasks: ContentMasks;
  /** What is noted from now on, for `sessions watch`. */
  readonly feed = new Feed<SessionEvent>();
  /** What is recorded of the wire from now on. */
  readonly frames = new LiveFrames();
  readonly #parts: GateSessionParts;
  readonly #abort = new AbortController();
  #subject: Subject;
  #rulebook: Rulebook;
  #commands = 0;
  /** Commands that rules keep less of, until their results are in; how many others are under way. */
  readonly #lessKept = new Map<number, ResultsPolicy>();
  #fullyKept = 0;
  readonly #results: CommandResult[] = [];

  constructor(parts: GateSessionParts) {
    this.#parts = parts;
    this.id = parts.recorder.id;
    this.target = parts.target;
    this.token = parts.token;
    this.signal = this.#abort.signal;
    this.#rulebook = parts.rulebook;
    this.#subject = subjectOf(parts.identity, parts);
    const { masks } = parts.rulebook;
    this.protectedMask = masks.protectedMask;
    this.unmasked = !masks.any(parts.identity, parts.target);
    this.textMask = masks.forText(parts.identity, parts.target);
    this.fieldMasks = masks.forFields(parts.identity, parts.target);
    this.requestMasks = masks.forRequests(parts.identity, parts.target);
  }

  get identity(): Identity {
    return this.#subject.identity;
  }

  command(said: Command): Ruling | Hold {
    const command = tokenless(said);
    const judgeAgain = (): Judgement => this.#rulebook.policy.judge(this.#subject, said);
    const judgement = judgeAgain();
    const ordinal = ++this.#commands;
    this.#parts.metrics.commands.inc({ target: this.target.name, ruling: judgement.action });
    this.#noteCommand(ordinal, command, judgement);
    switch (judgement.action) {
      case 'allow':
        return { action: 'allow', command: ordinal };
      case 'deny':
        return this.#deny(ordinal, judgement);
      case 'hold':
        return holdCommand({ session: this, ordinal, command, judgement, judgeAgain, ...this.#parts });
    }
  }

  maskFor(column: Column): Mask | undefined {
    return this.#rulebook.masks.forColumn(this.identity, this.target, column);
  }

  isMask(text: string): boolean {
    return this.#rulebook.masks.isMask(text);
  }

  note(event: SessionEvent): void {
    if (event.type === 'result') this.#hold(event as CommandResult);
    else this.#write(event);
  }

  record(from: Side, data: Buffer): void {
    const kept = this.#parts.recorder.record(from, data, this.#lessKept.size > 0 ? this.#kept() : undefined);
    if (kept) this.frames.publish(from, data);
  }

  fingerprint(...parts: readonly (Buffer | string)[]): string {
    return this.#parts.fingerprint(...parts);
  }

  durable(): Promise<void> | undefined {
    return this.#parts.recorder.durable();
  }

  ready(): Promise<void> | undefined {
    return this.#parts.recorder.ready();
  }

  /** Ends the session with a sentence for its client. The first reason stands. */
  abort(reason: GatewayError): void {
    this.#abort.abort(reason);
  }

  /**
   * Goes on under a new configuration, or ends: access may be gone, and what was masked, or read by
   * a rule of masks, cannot be swapped under a protocol that has already described its columns.
   */
  rejudge(identity: Identity | undefined, target: Target | undefined, rulebook: Rulebook, masksChanged: boolean): void {
    const { name } = this.target;
    if (identity === undefined || target === undefined || !rulebook.policy.access(identity, target).allowed) {
      this.abort(new GatewayError('ERR_ENDED', `Your access to ${name} has been taken away; this session is over.`));
      return;
    }
    if (JSON.stringify(target) !== JSON.stringify(this.target)) {
      this.abort(new GatewayError('ERR_ENDED', `The configuration of ${name} has changed; connect again.`));
      return;
    }
    // Groups decide who is exempt from masks, so another person in the rules is another set of masks.
    const another = JSON.stringify(identity) !== JSON.stringify(this.identity);
    if (masksChanged || (another && (this.#masked(this.identity, this.#rulebook) || this.#masked(identity, rulebook)))) {
      this.abort(new GatewayError('ERR_ENDED', 'What is masked for you has changed; connect again.'));
      return;
    }
    this.#rulebook = rulebook;
    this.#subject = subjectOf(identity, this.#parts);
  }

  async end(end: SessionEnd): Promise<void> {
    const { metrics, recorder, log } = this.#parts;
    if (end.error === undefined) log.info('session ended');
    else log.warn({ code: end.error.code, err: end.error }, end.error.message);
    this.#abort.abort(new GatewayError('ERR_ENDED', 'The session has ended.'));
    this.#noteResults();
    metrics.bytes.inc({ target: this.target.name, from: 'client' }, end.clientBytes);
    metrics.bytes.inc({ target: this.target.name, from: 'target' }, end.targetBytes);
    try {
      await recorder.end(end, end.error === undefined || end.error.code === 'ERR_ENDED' ? 'ended' : 'failed');
    } finally {
      this.feed.close();
      this.frames.close();
      this.#parts.ended();
    }
  }

  #masked(identity: Identity, { masks }: Rulebook): boolean {
    // What is masked in requests is so by rules that mask answers too.
    return [masks.any(identity, this.target), masks.forText(identity, this.target), masks.forFields(identity, this.target)].some(Boolean);
  }

  #deny(command: number, { message, reason, rules }: Judgement): Denied {
    const sentence = message ?? reason;
    this.#parts.log.warn({ command, rules }, `denied: ${sentence}`);
    return { action: 'deny', command, cause: 'denied', message: sentence, rules };
  }

  /**
   * A result is noted after its bytes: a protocol notes it while it still prepares them, and the
   * pump records them before it does anything else.
   */
  #hold(result: CommandResult): void {
    this.#results.push(result);
    if (this.#results.length === 1) setImmediate(() => this.#noteResults());
  }

  #noteResults(): void {
    for (const result of this.#results.splice(0)) {
      this.#finish(result);
      this.#write(result);
    }
  }

  #write(event: SessionEvent): void {
    this.#parts.recorder.note(event);
    if (event.type !== 'values') this.feed.publish(event);
  }

  #noteCommand(ordinal: number, command: Command, { action, rules, shadow, record, results, reason }: Judgement): void {
    const event = {
      type: 'command',
      command: ordinal,
      ...(record === 'off' ? { record: 'off' } : { text: command.text, parameters: command.parameters }),
      class: command.class,
      verb: command.verbs.join(' '),
      relations: command.relations,
      unfiltered: command.unfiltered,
      ...(record !== 'off' && recordable(command)),
      digest: command.digest,
      ruling: action,
      rule: rules,
      reason: command.reason === undefined ? reason : `${reason} ${command.reason}`,
      shadow,
      config: this.#rulebook.digest,
    };
    const kept = record === 'off' ? 'none' : results;
    if (kept === undefined) this.#fullyKept += 1;
    else this.#lessKept.set(ordinal, kept);
    this.#write(event);
  }

  /** Bytes cannot be told apart between pipelined commands: the one that keeps most decides. */
  #kept(): ResultsPolicy | undefined {
    if (this.#fullyKept > 0) return undefined;
    const wanted = new Set(this.#lessKept.values());
    return (['full', 'digest', 'none'] as const).find((results) => wanted.has(results));
  }

  #finish(result: CommandResult): void {
    if (!this.#lessKept.delete(result.command)) this.#fullyKept -= 1;
    const masked = Object.values(result.masked ?? {}).reduce((sum, count) => sum + count, 0);
    if (masked > 0) this.#parts.metrics.masked.inc({ target: this.target.name }, masked);
  }
}

/** What the command names, without what serves for judging only. */
function recordable({ objects }: Command): { readonly objects?: Command['objects'] } {
  if (objects === undefined) return {};
  const named = OBJECT_KEYS.flatMap((key) => (objects[key] === undefined || JUDGED_ONLY.includes(key) ? [] : [[key, objects[key]]]));
  return named.length === 0 ? {} : { objects: Object.fromEntries(named) };
}

/** People paste a gateway token anywhere: neither the record nor who approves reads it. */
function tokenless(command: Command): Command {
  const { text, relations, parameters, objects = {} } = command;
  const tells = (said: string | null): boolean => said !== null && withoutWholeTokens(said) !== said;
  const objectsTell = command.objects !== undefined && Object.values(objects).some((names) => names.some(tells));
  if (!tells(text) && !relations.some(tells) && !parameters.some(tells) && !objectsTell) return command;
  return {
    ...command,
    text: withoutWholeTokens(text),
    relations: relations.map(withoutWholeTokens),
    parameters: parameters.map((value) => value && withoutWholeTokens(value)),
    objects: Object.fromEntries(Object.entries(objects).map(([key, names]) => [key, names.map(withoutWholeTokens)])),
  };
}

function subjectOf(identity: Identity, { target, token }: Pick<GateSessionParts, 'target' | 'token'>): Subject {
  return { identity, target, tokenClasses: token.classes as Subject['tokenClasses'] };
}
