import { Buffer } from 'node:buffer';
import { GatewayError, type Session } from '@sallyport/core';
import { parseGitCall } from '@sallyport/git';
import type { ClientChannel, PseudoTtyInfo, ServerChannel, WindowChangeInfo, X11Info } from 'ssh2';
import { CHANNEL_VERBS, classifyChannel, classifyCommandLine, readsProgram } from '../classify/command-line.ts';
import { asGatewayError, EXIT, gatewayLine } from '../errors.ts';
import { type FileCommandLine, fileCommandLine, isUncertain } from '../files/exec/file-command-line.ts';
import { encodeChannelMessage } from '../recorded/channel-message.ts';
import { lendAgent, openAgentChannel } from '../ssh2/private-parts.ts';
import { ask, type Wish } from './asking.ts';
import { ChannelWriter } from './carry.ts';
import type { Conversation, TargetConnection } from './conversation.ts';
import { runFileCommand, runSftp } from './file-program.ts';
import { runPush } from './git-program.ts';
import { runPlainly } from './plain-program.ts';
import type { ExitStatus, Outcome, Running } from './running.ts';
import { StandardInput } from './standard-input.ts';
import { startDirectoryAt } from './start-directory.ts';
import { startProgram } from './start-program.ts';

/** What a session channel is to run, and in what. */
export interface ProgramRequest {
  readonly what:
    | { readonly kind: 'shell' }
    | { readonly kind: 'exec'; readonly command: string }
    | { readonly kind: 'subsystem'; readonly name: string };
  /** Its number in the record. */
  readonly channel: number;
  readonly pty: PseudoTtyInfo | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly x11: X11Info | undefined;
  /** Programs there may ask the client's agent. */
  readonly agent: boolean;
}

/**
 * A shell, a command or a subsystem, from the client's request to its exit status: judged, held where a rule says so,
 * then run at the target, its output masked and recorded on the way.
 */
export class Program {
  readonly #client: ServerChannel;
  readonly #request: ProgramRequest;
  readonly #conversation: Conversation;
  readonly #writer: ChannelWriter;
  readonly #input: StandardInput;
  /** Aborted when the client has closed the channel, or the connection is over. */
  readonly #left = new AbortController();
  readonly #resized: ((columns: number) => void)[] = [];
  #target: ClientChannel | undefined;
  /** Where commands start on the target, if that counts. */
  #startDirectory: string | undefined;

  constructor(client: ServerChannel, request: ProgramRequest, conversation: Conversation) {
    this.#client = client;
    this.#request = request;
    this.#conversation = conversation;
    this.#writer = new ChannelWriter(client, conversation.parts.socket);
    this.#input = new StandardInput(client, request.pty !== undefined);
    const { over } = conversation;
    const leave = (): void =>
      this.#left.abort(over.aborted ? over.reason : new GatewayError('ERR_ENDED', 'The client closed the channel.'));
    client.once('close', leave);
    client.on('error', leave);
    if (over.aborted) leave();
    over.addEventListener('abort', leave, { once: true });
    client.once('close', () => over.removeEventListener('abort', leave));
  }

  /** Never rejects for what either side did. */
  async run(): Promise<void> {
    try {
      const { notice, session } = this.#conversation.parts;
      const waits = notice();
      if (waits !== undefined && this.#conversation.admitted === undefined) void this.#say(waits);
      const gate = await this.#unlessLeft(session);
      await this.#judge(gate);
    } catch (cause) {
      const error = asGatewayError(this.#conversation.over.aborted ? this.#conversation.over.reason : cause);
      await this.#finish(error.message, EXIT.failed);
    }
  }

  resize({ rows, cols, height, width }: WindowChangeInfo): void {
    this.#conversation.admitted?.record(
      'client',
      encodeChannelMessage({ type: 'window', channel: this.#request.channel, columns: cols, rows }),
    );
    for (const resized of this.#resized) resized(cols);
    this.#target?.setWindow(rows, cols, height, width);
  }

  signal(name: string): void {
    this.#conversation.admitted?.record('client', encodeChannelMessage({ type: 'signal', channel: this.#request.channel, name }));
    if (this.#target === undefined) this.#left.abort(new GatewayError('ERR_ENDED', `The client sent the signal ${name}.`));
    else sendSignal(this.#target, name);
  }

  async #judge(gate: Session): Promise<void> {
    await this.#locate();
    const wish = this.#wish(gate);
    this.#recordRequest(gate);
    const ruling = await ask(gate, wish, {
      signal: AbortSignal.any([this.#left.signal, this.#input.interrupted]),
      notice: (text) => void this.#say(text),
      context: async () => ({
        account: gate.target.credentials.username,
        terminal: this.#request.pty === undefined ? 'no' : 'yes',
        ...(this.#readsProgram() && { input: await this.#describeInput() }),
      }),
    });
    if (ruling.action === 'deny') return await this.#finish(ruling.message, EXIT.denied);
    try {
      await gate.durable();
      const target = await this.#unlessLeft(this.#conversation.parts.target);
      await this.#run(gate, ruling.command, target);
    } catch (cause) {
      const { code, message } = asGatewayError(this.#left.signal.aborted ? this.#left.signal.reason : cause);
      gate.note({ type: 'result', command: ruling.command, state: 'failed', rows: 0, bytes: this.#writer.bytes, error: { code, message } });
      await this.#finish(message, EXIT.failed);
    }
  }

  /** Asks the target where the paths of scp or rsync begin, where their command line leaves that open. */
  async #locate(): Promise<void> {
    const { what } = this.#request;
    const line = what.kind === 'exec' ? fileCommandLine(Buffer.from(what.command)) : undefined;
    if (line === undefined || !isUncertain(line)) return;
    const target = await this.#unlessLeft(this.#conversation.parts.target);
    this.#startDirectory = await this.#unlessLeft(startDirectoryAt(target));
  }

  /** A file transfer that can be followed: not in a terminal, which changes bytes, and not to places that nobody knows. */
  #fileCommand(): FileCommandLine | undefined {
    const { what, pty } = this.#request;
    if (what.kind !== 'exec' || pty !== undefined) return undefined;
    const line = fileCommandLine(Buffer.from(what.command), this.#startDirectory);
    return line === undefined || isUncertain(line) ? undefined : line;
  }

  #wish(gate: Session): Wish {
    const { what, env, pty } = this.#request;
    const surroundings = [JSON.stringify(env), pty === undefined ? '' : pty.term];
    if (what.kind === 'shell') return { ...classifyChannel(CHANNEL_VERBS.shell), text: 'shell', exact: ['shell', ...surroundings] };
    if (what.kind === 'subsystem') {
      const verb = what.name === 'sftp' ? CHANNEL_VERBS.sftp : CHANNEL_VERBS.subsystem;
      return { ...classifyChannel(verb), text: `subsystem ${what.name}`, exact: ['subsystem', what.name, ...surroundings] };
    }
    if (what.command.includes('\uFFFD'))
      throw new GatewayError(
        'ERR_PROTOCOL',
        'The command holds bytes that are not UTF-8, so what would run could differ from what was judged.',
      );
    return {
      ...classifyCommandLine(what.command, this.#fileCommand()),
      text: maskedLine(gate, what.command),
      exact: ['exec', what.command, ...surroundings],
    };
  }

  #readsProgram(): boolean {
    const { what } = this.#request;
    return what.kind === 'exec' && readsProgram(what.command);
  }

  /** What was not seen is nothing that another approval covers: no grant is reused for it. */
  async #describeInput(): Promise<string> {
    const seen = await this.#input.describe(this.#left.signal);
    return seen ?? `unseen: it was not sent whole before the question (channel ${this.#request.channel})`;
  }

  #recordRequest(gate: Session): void {
    const { what, channel, pty } = this.#request;
    const note = (message: Parameters<typeof encodeChannelMessage>[0]): void => gate.record('client', encodeChannelMessage(message));
    if (pty !== undefined) note({ type: 'pty', channel, term: pty.term, columns: pty.cols, rows: pty.rows });
    if (what.kind === 'shell') note({ type: 'shell', channel });
    else if (what.kind === 'exec') note({ type: 'exec', channel, command: Buffer.from(maskedLine(gate, what.command)) });
    else note({ type: 'subsystem', channel, name: what.name });
  }

  /** Runs it at the target until it has exited and everything it said has been delivered. */
  async #run(gate: Session, command: number, connection: TargetConnection): Promise<void> {
    const { what, channel, pty } = this.#request;
    const running: Running = {
      ...{ gate, command, channel, connection, client: this.#client, writer: this.#writer, input: this.#input },
      conversation: this.#conversation,
      left: this.#left.signal,
      binary: what.kind === 'exec' && parseGitCall(what.command) !== undefined,
      columns: pty?.cols,
      start: async () => {
        if (this.#request.agent) this.#lendAgent(gate, connection);
        this.#target = await this.#unlessLeft(startProgram(connection.client, this.#request));
        return this.#target;
      },
      say: (text) => void this.#say(text),
    };
    await this.#report(running, await this.#runAs(running, what));
  }

  /** A rule allowed it: programs at the target may ask the client's agent to sign. */
  #lendAgent(gate: Session, { client }: TargetConnection): void {
    lendAgent(client, async () => {
      gate.note({ type: 'agent', channel: this.#request.channel });
      return await openAgentChannel(this.#conversation.parts.connection);
    });
  }

  #runAs(running: Running, what: ProgramRequest['what']): Promise<Outcome> {
    if (what.kind === 'subsystem' && what.name === 'sftp') return runSftp(running);
    const git = what.kind === 'exec' ? parseGitCall(what.command) : undefined;
    if (git?.service === 'receive-pack') return runPush(running, git);
    const files = this.#fileCommand();
    return files === undefined ? runPlainly(running, (resize) => this.#resized.push(resize)) : runFileCommand(running, files);
  }

  async #report({ gate, command, channel }: Running, { bytes, exit, masked, error }: Outcome): Promise<void> {
    const result = { type: 'result', command, rows: 0, bytes, ...(masked !== undefined && { masked }) } as const;
    if (exit === undefined) {
      const { code, message } =
        this.#left.signal.aborted && (error === undefined || error.code === 'ERR_ENDED')
          ? asGatewayError(this.#left.signal.reason)
          : (error ??
            new GatewayError('ERR_TARGET_CLOSED', `The target ${gate.target.name} closed the channel before the program had ended.`));
      gate.note({ ...result, state: 'unknown', error: { code, message } });
      return await this.#finish(message, EXIT.failed);
    }
    const { code = 0, signal } = exit;
    const message =
      signal === undefined
        ? ({ type: 'exit-status', channel, status: code } as const)
        : ({ type: 'exit-signal', channel, name: signal } as const);
    gate.record('target', encodeChannelMessage(message));
    gate.note({ ...result, state: 'completed', exit: signal ?? code });
    if (this.#conversation.over.aborted) void this.#say(asGatewayError(this.#conversation.over.reason).message);
    if (!this.#client.writable) return;
    if (signal === undefined) this.#client.exit(code);
    else this.#exitBySignal(exit);
    this.#client.end();
  }

  /** ssh2 refuses names of signals that it does not know. */
  #exitBySignal({ signal = '', dumped, description }: ExitStatus): void {
    try {
      this.#client.exit(`SIG${signal}`, dumped, description);
    } catch {
      this.#client.exit(EXIT.failed);
    }
  }

  #say(text: string): Promise<void> | undefined {
    return this.#writer.write(gatewayLine(text, this.#request.pty !== undefined), this.#client.stderr);
  }

  /** The gateway's last word on the channel: it comes behind what the client has not read yet, as long as there is a client. */
  async #finish(text: string, status: number): Promise<void> {
    this.#input.discard();
    if (!this.#client.writable) return;
    await this.#say(text);
    if (!this.#client.writable) return;
    this.#client.exit(status);
    this.#client.end();
  }

  async #unlessLeft<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#left;
    signal.throwIfAborted();
    const left = Promise.withResolvers<never>();
    const abort = (): void => left.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([promise, left.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}

/** A command line as it may be recorded and shown to who approves: people write secrets into them. */
function maskedLine({ textMask }: Session, line: string): string {
  const bytes = Buffer.from(line);
  return textMask?.value(bytes, 0, bytes.length, () => undefined)?.toString() ?? line;
}

/** ssh2 refuses names of signals that it does not know; nobody has to act on one. */
function sendSignal(target: ClientChannel, name: string): void {
  try {
    target.signal(name);
  } catch {
    // https://www.rfc-editor.org/rfc/rfc4254#section-6.9
  }
}
