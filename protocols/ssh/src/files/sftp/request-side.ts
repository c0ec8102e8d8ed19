import { type Out, ProtocolError, type Step } from '@sallyport/core';
import type { Asking, AskingOptions } from '../asking.ts';
import { EarlyBudget } from '../content-digest.ts';
import type { FileAction } from '../file-command.ts';
import type { FileRun } from '../file-run.ts';
import { PacketReader, type SftpFrame } from './decoder.ts';
import { Handles, MAX_HANDLES } from './handles.ts';
import { ATTR_SIZE, encodeStatus, STATUS, statusName, TYPE } from './messages.ts';
import { failureOf, OpenDirectory, OpenFile, type OpenHandle } from './open-file.ts';
import type { Outstanding } from './outstanding.ts';
import { EXTENSION, exactOf, extensionOf, LOOKUP_EXTENSIONS, LOOKUPS, RequestReader } from './requests.ts';

/** A STATUS without a message, as some servers send it. */
const STATUS_BYTES = 13;
/** What the record keeps of a target's message. */
const MAX_MESSAGE_BYTES = 1_024;

export interface RequestsOptions extends AskingOptions {
  /** Where relative paths begin. */
  readonly directory: string;
  readonly asking: Asking;
  readonly outstanding: Outstanding;
}

/** What a client asks for: judged before it reaches the target, and followed to its answer. */
export class Requests {
  readonly #options: RequestsOptions;
  readonly #reader: RequestReader;
  readonly #handles = new Handles();
  readonly #budget = new EarlyBudget();
  readonly #counts = { requests: 0, lookups: 0, refused: 0 };

  constructor(options: RequestsOptions) {
    this.#options = options;
    this.#reader = new RequestReader(options.directory);
  }

  /** @throws ProtocolError for what no client sends. */
  take(frame: SftpFrame): Step {
    this.#options.outstanding.check(frame);
    this.#counts.requests++;
    switch (frame.type) {
      case TYPE.READ:
        return this.#read(frame);
      case TYPE.WRITE:
        return this.#write(frame);
      case TYPE.OPEN:
        return this.#open(frame);
      case TYPE.OPENDIR:
        return this.#openDirectory(frame);
      case TYPE.CLOSE:
        return this.#close(frame);
      case TYPE.READDIR:
      case TYPE.FSTAT:
        return this.#look(frame);
      case TYPE.FSETSTAT:
        return this.#setAttributes(frame);
      default:
        return this.#other(frame);
    }
  }

  ended(): void {
    this.#handles.lost();
    this.#options.gate.note({ type: 'sftp', ...this.#counts });
  }

  /** `handle string | offset uint64 | length uint32` */
  #read(frame: SftpFrame): Step {
    const reader = new PacketReader('client', frame);
    const file = this.#handles.get(reader.string());
    if (!(file instanceof OpenFile) || file.download === undefined) return this.#unopened(frame, file);
    const { download } = file;
    const offset = reader.uint64();
    download.begin(offset);
    return this.#follow(frame, file, (answer) => {
      if (answer.type === TYPE.DATA) download.add(offset, new PacketReader('target', answer).string());
      else if (statusOf(answer) === STATUS.EOF) file.endsAt(offset);
      else return failure(answer);
      return undefined;
    });
  }

  /** `handle string | offset uint64 | data string` */
  #write(frame: SftpFrame): Step {
    const reader = new PacketReader('client', frame);
    const file = this.#handles.get(reader.string());
    if (!(file instanceof OpenFile) || file.upload === undefined) return this.#unopened(frame, file);
    const offset = reader.uint64();
    file.write(offset, reader.string());
    return this.#follow(frame, file, failure);
  }

  #open(frame: SftpFrame): Step {
    const { path, flags, action } = this.#reader.open(frame);
    return this.#judge(frame, action, (run) => this.#opening(frame, run, () => new OpenFile(path, run, flags, this.#budget)));
  }

  #openDirectory(frame: SftpFrame): Step {
    const { path, action } = this.#reader.openDirectory(frame);
    return this.#judge(frame, action, (run) => this.#opening(frame, run, () => new OpenDirectory(path, run)));
  }

  #opening(frame: SftpFrame, run: FileRun, make: () => OpenHandle): Step {
    if (!this.#handles.reserve()) {
      const message = `More than ${MAX_HANDLES} files are open: close some first.`;
      run.finish('failed', { code: statusName(STATUS.FAILURE), message });
      return this.#answer(frame, STATUS.FAILURE, message);
    }
    return this.#pass(frame, {
      take: (answer) => {
        if (answer.type === TYPE.HANDLE) return this.#handles.opened(new PacketReader('target', answer).string(), make());
        this.#handles.refused();
        run.finish('failed', failure(answer));
      },
      lost: () => run.finish('unknown'),
    });
  }

  #close(frame: SftpFrame): Step {
    const handle = new PacketReader('client', frame).string();
    const open = this.#handles.get(handle);
    if (open === undefined) return this.#unopened(frame, open);
    this.#handles.close(handle);
    return this.#pass(frame, { take: (answer) => open.closed(failure(answer)), lost: () => open.lost() });
  }

  /** What is read of a handle besides content: a directory's names, a file's attributes. */
  #look(frame: SftpFrame): Step {
    const open = this.#handles.get(new PacketReader('client', frame).string());
    if (open === undefined) return this.#unopened(frame, open);
    return this.#follow(frame, open, (answer) => {
      const reader = new PacketReader('target', answer);
      if (answer.type === TYPE.NAME && open instanceof OpenDirectory) open.entries(reader.uint32());
      else if (answer.type === TYPE.ATTRS && open instanceof OpenFile && reader.uint32() & ATTR_SIZE) open.sized(reader.uint64());
      return undefined;
    });
  }

  /** `handle string | flags uint32 | size uint64 if ATTR_SIZE | …` */
  #setAttributes(frame: SftpFrame): Step {
    const reader = new PacketReader('client', frame);
    const open = this.#handles.get(reader.string());
    if (open === undefined) return this.#unopened(frame, open);
    const flags = reader.uint32();
    const upload = flags & ATTR_SIZE && open instanceof OpenFile ? open : undefined;
    // Who may write may also cut: scp does so behind each file.
    if (upload?.upload !== undefined && flags === ATTR_SIZE) {
      upload.resize(reader.uint64());
      return this.#follow(frame, open, failure);
    }
    const action: FileAction = { verbs: ['ATTRIBUTES'], paths: [open.path], text: `attributes ${open.path}`, exact: [exactOf(frame)] };
    return this.#judge(frame, action, (run) => {
      upload?.resize(reader.uint64());
      return this.#change(frame, run);
    });
  }

  #other(frame: SftpFrame): Step {
    if (LOOKUPS.has(frame.type)) return this.#lookUp(frame);
    const action = this.#reader.change(frame);
    if (action !== undefined) return this.#judge(frame, action, (run) => this.#change(frame, run));
    if (frame.type !== TYPE.EXTENDED) return this.#unsupported(frame, `The gateway knows no SFTP request of type ${frame.type}.`);
    const extension = extensionOf(frame);
    if (extension === EXTENSION.COPY_DATA) return this.#copy(frame);
    if (LOOKUP_EXTENSIONS.has(extension)) return this.#lookUp(frame);
    return this.#unsupported(frame, 'The gateway does not know this extension of SFTP.');
  }

  /** `"copy-data" | from handle string | offset uint64 | length uint64 | to handle string | offset uint64` */
  #copy(frame: SftpFrame): Step {
    const reader = new PacketReader('client', frame);
    reader.string();
    const from = this.#handles.get(reader.string());
    reader.uint64();
    reader.uint64();
    const to = this.#handles.get(reader.string());
    if (!(from instanceof OpenFile) || from.download === undefined) return this.#unopened(frame, from);
    if (!(to instanceof OpenFile) || to.upload === undefined) return this.#unopened(frame, to);
    const { upload } = to;
    const text = `copy ${from.path} to ${to.path}`;
    return this.#judge(frame, { verbs: ['UPLOAD'], paths: [from.path, to.path], text, exact: [exactOf(frame)] }, (run) => {
      upload.giveUp('a part was copied on the target');
      return this.#change(frame, run);
    });
  }

  #lookUp(frame: SftpFrame): Step {
    this.#counts.lookups++;
    return this.#pass(frame, { take: () => undefined });
  }

  #judge(frame: SftpFrame, action: FileAction, pass: (run: FileRun) => Step): Step {
    const deny = (message: string): readonly Out[] => {
      // OpenSSH's client shows its own word for the code, and drops the message.
      this.#options.notice?.(message);
      return this.#answer(frame, STATUS.PERMISSION_DENIED, message);
    };
    return this.#options.asking.submit(action, { pass, deny });
  }

  /** A request whose only answer is a STATUS. */
  #change(frame: SftpFrame, run: FileRun): Step {
    const take = (answer: SftpFrame): void => {
      const failed = failure(answer);
      run.finish(failed === undefined ? 'completed' : 'failed', failed);
    };
    return this.#pass(frame, { take, lost: () => run.finish('unknown') });
  }

  /** A request about something open. @param answered may say that it failed. */
  #follow(frame: SftpFrame, open: OpenHandle, answered: (answer: SftpFrame) => ReturnType<typeof failure>): Step {
    open.asked();
    return this.#pass(frame, { take: (answer) => open.answered(answered(answer)), lost: () => open.lost() });
  }

  #pass(frame: SftpFrame, answer: Parameters<Outstanding['expect']>[1]): readonly Out[] {
    this.#options.outstanding.expect(frame, answer);
    return [{ to: 'target', data: frame.raw }];
  }

  /** The handle is none, or is not open for this. The target is not asked: it might have given the handle to another file. */
  #unopened(frame: SftpFrame, open: OpenHandle | undefined): Step {
    return open === undefined
      ? this.#answer(frame, STATUS.FAILURE, 'No file is open by this handle.')
      : this.#answer(frame, STATUS.PERMISSION_DENIED, `${open.path} is not open for that.`);
  }

  #unsupported(frame: SftpFrame, message: string): Step {
    return this.#answer(frame, STATUS.OP_UNSUPPORTED, message);
  }

  #answer({ id }: SftpFrame, code: number, message: string): readonly Out[] {
    this.#counts.refused++;
    return [{ to: 'client', data: encodeStatus(id, code, message) }];
  }
}

function statusOf(answer: SftpFrame): number | undefined {
  return answer.type === TYPE.STATUS ? new PacketReader('target', answer).uint32() : undefined;
}

/** Why a request failed; undefined when it did not. @throws ProtocolError for an answer that is no STATUS */
function failure(answer: SftpFrame): ReturnType<typeof failureOf> {
  if (answer.type !== TYPE.STATUS) {
    throw new ProtocolError('target', `The target answered a request with a packet of type ${answer.type}, which is no answer to it.`);
  }
  const reader = new PacketReader('target', answer);
  const code = reader.uint32();
  const message = answer.raw.length > STATUS_BYTES ? reader.string().subarray(0, MAX_MESSAGE_BYTES).toString('utf8') : '';
  return failureOf(code, message);
}
