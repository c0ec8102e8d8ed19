import { ProtocolError } from '@sallyport/core';
import { type FileAction, fileAction } from '../file-command.ts';
import { parentOf, pathText, resolvePath } from '../paths.ts';
import { PacketReader, type SftpFrame } from './decoder.ts';
import { OPEN_FLAG, TYPE } from './messages.ts';
import { openVerbs } from './open-file.ts';

/** https://github.com/openssh/openssh-portable/blob/master/PROTOCOL, section 4 */
export const EXTENSION = {
  POSIX_RENAME: 'posix-rename@openssh.com',
  HARDLINK: 'hardlink@openssh.com',
  LSETSTAT: 'lsetstat@openssh.com',
  COPY_DATA: 'copy-data',
} as const;

/** Extensions that change nothing and show no content. */
export const LOOKUP_EXTENSIONS: ReadonlySet<string> = new Set([
  'statvfs@openssh.com',
  'fstatvfs@openssh.com',
  'fsync@openssh.com',
  'limits@openssh.com',
  'expand-path@openssh.com',
  'home-directory',
  'users-groups-by-id@openssh.com',
]);

/** No system has longer ones. */
const MAX_PATH_BYTES = 32 * 1024;

/** Requests that change nothing and show no content: they pass and are counted. */
export const LOOKUPS: ReadonlySet<number> = new Set([TYPE.LSTAT, TYPE.STAT, TYPE.READLINK, TYPE.REALPATH]);

/** An OPEN, understood. */
export interface OpenRequest {
  readonly path: string;
  readonly flags: number;
  readonly action: FileAction;
}

/** Reads the paths of requests as the target resolves them. */
export class RequestReader {
  /** Where relative paths begin. */
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** `filename string | pflags uint32 | attributes` */
  open(frame: SftpFrame): OpenRequest {
    const reader = new PacketReader('client', frame);
    const path = this.#resolved(reader);
    const flags = reader.uint32();
    const verbs = openVerbs(flags);
    const text = `${verbs.join(' and ').toLowerCase()} ${path}`;
    const action: FileAction = { verbs, paths: [path], text, exact: [exactOf(frame)], context: { open: flagNames(flags) } };
    return { path, flags, action };
  }

  openDirectory(frame: SftpFrame): { readonly path: string; readonly action: FileAction } {
    const path = this.#resolved(new PacketReader('client', frame));
    return { path, action: fileAction('LIST', path, [exactOf(frame)]) };
  }

  /** What a request does whose only answer is a STATUS; undefined: none of those. */
  change(frame: SftpFrame): FileAction | undefined {
    const reader = new PacketReader('client', frame);
    switch (frame.type) {
      case TYPE.REMOVE:
      case TYPE.RMDIR:
        return fileAction('REMOVE', this.#resolved(reader), [exactOf(frame)]);
      case TYPE.MKDIR:
        return fileAction('MKDIR', this.#resolved(reader), [exactOf(frame)]);
      case TYPE.SETSTAT:
        return fileAction('ATTRIBUTES', this.#resolved(reader), [exactOf(frame)]);
      case TYPE.RENAME:
        return this.#rename(frame, reader);
      case TYPE.SYMLINK:
        return this.#symlink(frame, reader);
      case TYPE.EXTENDED:
        return this.#extended(frame, reader);
      default:
        return undefined;
    }
  }

  #extended(frame: SftpFrame, reader: PacketReader): FileAction | undefined {
    switch (reader.string().toString('latin1')) {
      case EXTENSION.POSIX_RENAME:
        return this.#rename(frame, reader);
      case EXTENSION.HARDLINK: {
        const [existing, link] = [this.#resolved(reader), this.#resolved(reader)];
        return { verbs: ['LINK'], paths: [existing, link], text: `link ${link} to ${existing}`, exact: [exactOf(frame)] };
      }
      case EXTENSION.LSETSTAT:
        return fileAction('ATTRIBUTES', this.#resolved(reader), [exactOf(frame)]);
      default:
        return undefined;
    }
  }

  /** `oldpath string | newpath string` */
  #rename(frame: SftpFrame, reader: PacketReader): FileAction {
    const [from, to] = [this.#resolved(reader), this.#resolved(reader)];
    return { verbs: ['RENAME'], paths: [from, to], text: `rename ${from} to ${to}`, exact: [exactOf(frame)] };
  }

  /**
   * OpenSSH has the two the other way round than the draft: what the link points to, then the link. That text counts from
   * the link's directory on; rules see every path that may be meant.
   */
  #symlink(frame: SftpFrame, reader: PacketReader): FileAction {
    const [first, second] = [text(reader), text(reader)];
    const link = resolvePath(second, this.directory);
    const paths = [link, resolvePath(first, parentOf(link)), resolvePath(first, this.directory)];
    return { verbs: ['LINK'], paths, text: `link ${link} to ${first}`, exact: [exactOf(frame)] };
  }

  #resolved(reader: PacketReader): string {
    return resolvePath(text(reader), this.directory);
  }
}

/** The name of an extended request. */
export function extensionOf(frame: SftpFrame): string {
  return new PacketReader('client', frame).string().toString('latin1');
}

/** A request's bytes without its id: what stays the same when it is sent again. */
export function exactOf({ raw }: SftpFrame): Buffer {
  return Buffer.concat([raw.subarray(4, 5), raw.subarray(9)]);
}

function text(reader: PacketReader): string {
  const bytes = reader.string();
  if (bytes.length > MAX_PATH_BYTES) throw new ProtocolError('client', `The client sent a path of more than ${MAX_PATH_BYTES} bytes.`);
  // A server would take the path up to there, which is another one.
  if (bytes.includes(0)) throw new ProtocolError('client', 'The client sent a path with a zero byte in it.');
  return pathText(bytes);
}

function flagNames(flags: number): string {
  return Object.entries(OPEN_FLAG)
    .filter(([, bit]) => flags & bit)
    .map(([name]) => name.toLowerCase())
    .join(' ');
}
