import { type Command, type CommandResult, GatewayError, type Ruling, type Session } from '@sallyport/core';
import type { BaseConversation } from './base-pack.ts';
import { pushCommands } from './push-command.ts';
import { pushDenial, pushKeepalive, pushNotice } from './push-report.ts';
import type { PushRequest } from './push-request.ts';
import type { ReceivedPack } from './quarantine.ts';
import { type SpooledPush, spoolPush } from './spooled-push.ts';
import { type RefEnd, TargetReport } from './target-report.ts';

/** What a transport lends to a push that it carries. */
export interface PushTransport {
  readonly gate: Session;
  /** As rules name it. */
  readonly repository: string;
  /** The server that has it, where a target stands for several. */
  readonly place?: string;
  /** A folder for what lies on the disk meanwhile. */
  readonly scratch: string;
  /** Aborted when the client has left. */
  readonly left: AbortSignal;
  /** Lines of git's for the client, while it waits. Empty where the client can be told nothing. */
  tell(lines: Buffer): void;
  /** Opens `git-upload-pack` of the same repository at the target. */
  base(): Promise<BaseConversation>;
  /** What else rules may name of a ref. @param paths that it changes @param partly it may change others as well */
  objects?(paths: readonly string[], partly: boolean): NonNullable<Command['objects']>;
  /** A ref has just been noted as this command. */
  judged?(command: number): void;
  /** The gateway itself is not fit to look at pushes: for its log. */
  unfit(error: GatewayError): void;
}

/** A push that goes no further: its client gets these bytes in the place of the target's answer. */
interface RefusedPush {
  readonly action: 'deny';
  readonly answer: Buffer;
  /** Absent where none came whole. */
  readonly pack?: Pick<ReceivedPack, 'bytes' | 'sha256'>;
}

/** A push that may go on to the target. Close it when that has happened. */
export interface AllowedPush {
  readonly action: 'allow';
  /** What the target gets, and how many bytes that is. */
  bytes(): AsyncIterable<Buffer>;
  readonly length: number;
  /** Absent where nothing but deletions is asked for. */
  readonly pack?: Pick<ReceivedPack, 'bytes' | 'sha256'>;
  /** Takes a copy of what the target answers, which says what became of each ref. */
  answered(chunk: Buffer): void;
  /** Records how each ref has ended. @param otherwise those on which the target said no word */
  ended(otherwise: PushEnd): void;
  /** Removes it from the disk. */
  close(): Promise<void>;
}

/** How a push has ended, as far as its transport knows. */
export type PushEnd = Pick<CommandResult, 'state' | 'error'>;

/** Connections that stay silent are closed by what lies between: git is told that the gateway lives. */
const KEEPALIVE_MS = 10_000;
/** Refs that the record names of a push that could not be looked at. */
const REFS_NOTED = 100;
const OTHER_DENIED = { code: 'ERR_ACCESS', message: 'Another ref of the same push was denied, so nothing was pushed.' };

/**
 * Takes a push in, looks at what it brings and judges each ref, waiting for people where a rule says so. Nothing of it
 * has reached the target then.
 *
 * @param rest what follows the request.
 * @throws what `left` was aborted with, where the client left meanwhile.
 */
export async function judgePush(
  request: PushRequest,
  rest: AsyncIterable<Buffer>,
  transport: PushTransport,
): Promise<RefusedPush | AllowedPush> {
  const alive = setInterval(() => transport.tell(pushKeepalive(request)), KEEPALIVE_MS);
  try {
    const spooled = await spool(request, rest, transport);
    if (spooled instanceof GatewayError) return refused(request, spooled, transport);
    const ruled = await judge(spooled, transport);
    if (ruled.denial === undefined) return allowed(spooled, ruled.commands, transport.gate);
    await spooled.close();
    return { action: 'deny', answer: ruled.denial, ...(spooled.pack !== undefined && { pack: spooled.pack }) };
  } finally {
    clearInterval(alive);
  }
}

/** @returns the sentence for a push that cannot be taken in: too large, malformed, or there is no git here to look at it. */
async function spool(
  request: PushRequest,
  rest: AsyncIterable<Buffer>,
  { base, gate, left, scratch }: PushTransport,
): Promise<SpooledPush | GatewayError> {
  try {
    const finder = gate.textMask;
    return await spoolPush(request, rest, { directory: scratch, owner: gate.identity.name, base, ...(finder !== undefined && { finder }) });
  } catch (cause) {
    left.throwIfAborted();
    if (cause instanceof GatewayError) return cause;
    throw cause;
  }
}

function refused(request: PushRequest, error: GatewayError, { gate, repository, unfit }: PushTransport): RefusedPush {
  const { code, message } = error;
  if (code === 'ERR_CONFIG') unfit(error);
  const refs = request.updates.map(({ ref }) => ref);
  gate.note({ type: 'push-refused', repository, refs: refs.slice(0, REFS_NOTED), updates: refs.length, error: { code, message } });
  return { action: 'deny', answer: pushDenial(request, { message: `sallyport: ${message}`, reason: 'refused by the gateway' }) };
}

/** Ordinals of the rulings by ref. */
type Commands = ReadonlyMap<string, number>;

/** git refuses a push as a whole, so one denied ref denies all. */
async function judge(spooled: SpooledPush, transport: PushTransport): Promise<{ readonly commands: Commands; readonly denial?: Buffer }> {
  const { gate } = transport;
  const { request } = spooled;
  const reasons = new Map<string, string>();
  const commands = new Map<string, number>();
  for (const [at, command] of commandsOf(spooled, transport).entries()) {
    const ref = request.updates[at]?.ref ?? '';
    const ruling = await ask(command, request, transport);
    if (ruling.action === 'allow') commands.set(ref, ruling.command);
    else reasons.set(ref, ruling.message);
  }
  const [first] = reasons.values();
  if (first === undefined) return { commands };
  for (const command of commands.values()) gate.note(resultOf(command, { state: 'failed', error: OTHER_DENIED }));
  return {
    commands,
    denial: pushDenial(request, { message: `sallyport: ${first}`, reason: 'another ref of this push was denied', reasons }),
  };
}

function commandsOf({ contents, pack, request }: SpooledPush, transport: PushTransport): readonly Command[] {
  const { gate, place = '', repository } = transport;
  return pushCommands(repository, contents).map(({ digestParts, incomplete, objects, ...command }, at) => {
    const findings = [...new Set(contents[at]?.findings.map(({ rule }) => rule))];
    const more = transport.objects?.(objects.paths, incomplete !== undefined);
    return {
      ...command,
      ...(incomplete !== undefined && { incomplete }),
      objects: { ...more, ...objects, ...(findings.length > 0 && { findings }) },
      parameters: [],
      digest: gate.fingerprint(...digestParts, place, pack?.sha256 ?? '', ...request.options),
    };
  });
}

async function ask(command: Command, request: PushRequest, transport: PushTransport): Promise<Ruling> {
  const ruling = transport.gate.command(command);
  transport.judged?.(ruling.command);
  if (ruling.action !== 'hold') return ruling;
  const asked = ruling.ask({}, transport.left);
  if (asked.notice !== undefined) transport.tell(pushNotice(request, `sallyport: ${asked.notice}`));
  return await asked.outcome;
}

function allowed(spooled: SpooledPush, commands: Commands, gate: Session): AllowedPush {
  const { pack, request } = spooled;
  const report = new TargetReport(request);
  return {
    action: 'allow',
    bytes: () => spooled.bytes(),
    length: request.raw.length + (pack?.bytes ?? 0),
    ...(pack !== undefined && { pack }),
    answered: (chunk) => report.push(chunk),
    ended(otherwise) {
      for (const [ref, command] of commands) gate.note(resultOf(command, endOf(report.ends.get(ref), gate) ?? otherwise));
    },
    close: () => spooled.close(),
  };
}

/** In the target's own words. */
function endOf(end: RefEnd | undefined, { textMask }: Session): PushEnd | undefined {
  if (end === undefined || end.ok) return end && { state: 'completed' };
  const reason = Buffer.from(end.reason);
  const message = textMask?.value(reason, 0, reason.length, () => undefined)?.toString() ?? end.reason;
  return { state: 'failed', error: { code: 'ng', message } };
}

function resultOf(command: number, end: PushEnd): CommandResult {
  return { type: 'result', command, rows: 0, bytes: 0, ...end };
}
