import { type Frame, type Out, ProtocolError, type Relay, type Side, type Step } from '@sallyport/core';
import { Asking, type AskingOptions, each } from '../asking.ts';
import { ContentDigest, EarlyBudget } from '../content-digest.ts';
import type { ScpCommand } from '../exec/scp-command.ts';
import { type FileAction, fileAction } from '../file-command.ts';
import type { FileRun } from '../file-run.ts';
import { type ControlLine, controlLine, encodeWarning, MAX_LINE_BYTES } from './control-line.ts';
import { type Place, Places, pathsOf, placeText } from './place.ts';
import { Replies } from './replies.ts';

/** A channel of scp's own protocol, and what its end needs of it. */
export interface ScpRelay extends Relay<Frame> {
  busy(): boolean;
  held(): boolean;
  over(): void;
  /** Nothing more will come: notes what became of a file in transfer. Call it behind the pump. */
  ended(): void;
}

export interface ScpOptions extends AskingOptions {
  readonly command: ScpCommand;
}

/** A file whose content passes. */
interface Transfer {
  readonly run: FileRun;
  readonly place: Place;
  readonly size: number;
  readonly digest: ContentDigest;
  passed: number;
}

/** Nobody nests deeper: a path has 4,096 bytes. */
const MAX_DEPTH = 2_048;

/** The conversation of `scp -t` or `scp -f` from its first byte on. */
export function createScpRelay(options: ScpOptions): ScpRelay {
  return new Conversation(options);
}

/**
 * One side is the source: it announces each file in a line, waits for the sink's answer, sends the content. A line that
 * is denied never reaches the sink: the source is answered as if the sink had refused it, and goes on with the next file.
 */
class Conversation implements ScpRelay {
  readonly #options: ScpOptions;
  readonly #asking: Asking;
  readonly #source: Side;
  readonly #sink: Side;
  readonly #places: Places;
  readonly #replies: Replies;
  readonly #budget = new EarlyBudget();
  #line: Buffer[] = [];
  #lineBytes = 0;
  #transfer: Transfer | undefined;

  constructor(options: ScpOptions) {
    const upload = options.command.direction === 'upload';
    this.#options = options;
    this.#asking = new Asking(options);
    this.#source = upload ? 'client' : 'target';
    this.#sink = upload ? 'target' : 'client';
    this.#places = new Places(options.command);
    this.#replies = new Replies(this.#sink);
  }

  fromClient({ raw }: Frame): Step {
    return this.#source === 'client' ? this.#fromSource(raw) : this.#fromSink(raw);
  }

  fromTarget({ raw }: Frame): Step {
    return this.#source === 'target' ? this.#fromSource(raw) : this.#fromSink(raw);
  }

  clientGone(): void {
    this.#asking.gone();
  }

  over(): void {
    this.#asking.gone();
    this.#replies.end();
  }

  /** The program on the target ends by itself when its input does. */
  busy(): boolean {
    return true;
  }

  held(): boolean {
    return this.#asking.held;
  }

  ended(): void {
    this.over();
    if (this.#transfer === undefined) return;
    this.#conclude(this.#transfer, false);
    this.#transfer.run.finish('unknown');
    this.#transfer = undefined;
  }

  #fromSink(raw: Buffer): readonly Out[] {
    this.#replies.push(raw);
    return [{ to: this.#source, data: raw }];
  }

  #fromSource(raw: Buffer): Step {
    const transfer = this.#transfer;
    if (transfer === undefined || transfer.size - transfer.passed < raw.length) return this.#walk(raw);
    return this.#content(transfer, raw);
  }

  async *#walk(raw: Buffer): AsyncGenerator<readonly Out[]> {
    for (let at = 0; at < raw.length; ) {
      const transfer = this.#transfer;
      const rest = raw.subarray(at);
      if (transfer !== undefined && transfer.passed < transfer.size) {
        const piece = rest.subarray(0, transfer.size - transfer.passed);
        at += piece.length;
        yield this.#content(transfer, piece);
      } else if (transfer !== undefined && this.#lineBytes === 0 && rest[0] === 0) {
        at++;
        yield* this.#close(transfer, rest.subarray(0, 1), undefined);
      } else {
        const end = rest.indexOf(0x0a);
        const part = rest.subarray(0, end < 0 ? rest.length : end + 1);
        at += part.length;
        this.#keep(part);
        if (end >= 0) yield* this.#take();
      }
    }
  }

  #content(transfer: Transfer, piece: Buffer): readonly Out[] {
    transfer.digest.add(transfer.passed, piece);
    transfer.passed += piece.length;
    return [{ to: this.#sink, data: piece }];
  }

  #keep(part: Buffer): void {
    this.#lineBytes += part.length;
    if (this.#lineBytes > MAX_LINE_BYTES) throw new ProtocolError(this.#source, `The ${this.#source} sent a line that scp does not allow.`);
    this.#line.push(Buffer.from(part));
  }

  /** A line is whole. Behind a content only an error is one. */
  #take(): AsyncGenerator<readonly Out[]> {
    const raw = Buffer.concat(this.#line);
    this.#line = [];
    this.#lineBytes = 0;
    const line = controlLine(raw.subarray(0, -1), this.#source);
    if (this.#transfer === undefined) return this.#control(line, raw);
    if (line.type !== 'error') throw new ProtocolError(this.#source, `The ${this.#source} sent more than it announced.`);
    return this.#close(this.#transfer, raw, line.message);
  }

  async *#control(line: ControlLine, raw: Buffer): AsyncGenerator<readonly Out[]> {
    switch (line.type) {
      case 'file':
        yield* this.#announce(line, raw);
        break;
      case 'directory':
        yield* this.#enter(line.name, raw);
        break;
      case 'end':
        if (!this.#places.leave()) throw new ProtocolError(this.#source, `The ${this.#source} left a directory that it had not entered.`);
        yield this.#pass(raw);
        await this.#replies.next();
        break;
      case 'times':
        yield this.#pass(raw);
        await this.#replies.next();
        break;
      case 'error':
        yield this.#pass(raw);
    }
  }

  #announce({ name, size }: Extract<ControlLine, { type: 'file' }>, raw: Buffer): AsyncGenerator<readonly Out[]> {
    const place = this.#places.file(name);
    const verb = this.#options.command.direction === 'upload' ? 'UPLOAD' : 'DOWNLOAD';
    return this.#judge(verb, place, raw, (run) =>
      this.#open({ run, place, size, digest: new ContentDigest(this.#budget), passed: 0 }, raw),
    );
  }

  async *#open(transfer: Transfer, raw: Buffer): AsyncGenerator<readonly Out[]> {
    yield this.#pass(raw);
    const reply = await this.#replies.next();
    if (reply === undefined) transfer.run.finish('unknown');
    else if (reply.error !== undefined) transfer.run.finish('failed', failure(reply.error));
    else this.#transfer = transfer;
  }

  /** The content is over: `status` says so, or why a part of it is not what it should be. */
  async *#close(transfer: Transfer, status: Buffer, sourceError: string | undefined): AsyncGenerator<readonly Out[]> {
    yield this.#pass(status);
    const reply = await this.#replies.next();
    if (reply === undefined) return; // the end notes it
    const error = sourceError ?? reply.error;
    this.#transfer = undefined;
    this.#conclude(transfer, error === undefined);
    transfer.run.finish(error === undefined ? 'completed' : 'failed', error === undefined ? undefined : failure(error));
  }

  async *#enter(name: string, raw: Buffer): AsyncGenerator<readonly Out[]> {
    const place = this.#places.directory(name);
    if (this.#places.depth >= MAX_DEPTH) throw new ProtocolError(this.#source, `More than ${MAX_DEPTH} directories lie in each other.`);
    if (this.#options.command.direction === 'download') yield* this.#descend(place, raw, undefined);
    else yield* this.#judge('MKDIR', place, raw, (run) => this.#descend(place, raw, run));
  }

  async *#descend(place: Place, raw: Buffer, run: FileRun | undefined): AsyncGenerator<readonly Out[]> {
    yield this.#pass(raw);
    const reply = await this.#replies.next();
    if (reply === undefined) run?.finish('unknown');
    else if (reply.error !== undefined) run?.finish('failed', failure(reply.error));
    else {
      this.#places.enter(place);
      run?.finish('completed');
    }
  }

  async *#judge(
    verb: FileAction['verbs'][number],
    place: Place,
    raw: Buffer,
    pass: (run: FileRun) => Step,
  ): AsyncGenerator<readonly Out[]> {
    const paths = pathsOf(place);
    const action: FileAction = { ...fileAction(verb, place.path, [raw]), paths, text: `${verb.toLowerCase()} ${placeText(place)}` };
    yield* each(this.#asking.submit(action, { pass, deny: (message) => this.#deny(message) }));
  }

  /** The source takes it for the sink's answer. A client that is the sink reads it as the source's words. */
  #deny(message: string): readonly Out[] {
    const data = encodeWarning(message);
    return this.#source === 'client'
      ? [{ to: 'client', data }]
      : [
          { to: 'target', data },
          { to: 'client', data },
        ];
  }

  #conclude({ run, place, size, digest }: Transfer, complete: boolean): void {
    const { direction } = this.#options.command;
    run.file({ direction, ...place, size, complete }, digest.finish());
  }

  #pass(data: Buffer): readonly Out[] {
    return [{ to: this.#sink, data }];
  }
}

function failure(message: string): { readonly code: string; readonly message: string } {
  return { code: 'SCP', message };
}
