/**
 * SFTP version 3, what OpenSSH and nearly all others speak. A packet is
 * `length uint32 | type byte | id uint32 | payload`, big endian; INIT and VERSION have a version in place of the id.
 * https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02
 */
export const VERSION = 3;

/** https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02#section-3 */
export const TYPE = {
  INIT: 1,
  VERSION: 2,
  OPEN: 3,
  CLOSE: 4,
  READ: 5,
  WRITE: 6,
  LSTAT: 7,
  FSTAT: 8,
  SETSTAT: 9,
  FSETSTAT: 10,
  OPENDIR: 11,
  READDIR: 12,
  REMOVE: 13,
  MKDIR: 14,
  RMDIR: 15,
  REALPATH: 16,
  STAT: 17,
  RENAME: 18,
  READLINK: 19,
  SYMLINK: 20,
  STATUS: 101,
  HANDLE: 102,
  DATA: 103,
  NAME: 104,
  ATTRS: 105,
  EXTENDED: 200,
  EXTENDED_REPLY: 201,
} as const;

/** https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02#section-7 */
export const STATUS = {
  OK: 0,
  EOF: 1,
  NO_SUCH_FILE: 2,
  PERMISSION_DENIED: 3,
  FAILURE: 4,
  BAD_MESSAGE: 5,
  NO_CONNECTION: 6,
  CONNECTION_LOST: 7,
  OP_UNSUPPORTED: 8,
} as const;

/** How a file is opened. https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02#section-6.3 */
export const OPEN_FLAG = { READ: 1, WRITE: 2, APPEND: 4, CREAT: 8, TRUNC: 16, EXCL: 32 } as const;

/** Attributes carry a size. https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02#section-5 */
export const ATTR_SIZE = 1;

const STATUS_NAMES = new Map<number, string>(Object.entries(STATUS).map(([name, code]) => [code, `SSH_FX_${name}`]));

/** `SSH_FX_NO_SUCH_FILE`; a number where the draft has no name for it. */
export function statusName(code: number): string {
  return STATUS_NAMES.get(code) ?? `SSH_FX_${code}`;
}

/** A packet of this type with its fields: numbers are uint32, buffers are strings with their length before them. */
export function encodePacket(type: number, ...fields: readonly (number | Buffer)[]): Buffer {
  const size = fields.reduce<number>((sum, field) => sum + 4 + (typeof field === 'number' ? 0 : field.length), 1);
  const packet = Buffer.allocUnsafe(4 + size);
  packet.writeUInt32BE(size, 0);
  packet[4] = type;
  let at = 5;
  for (const field of fields) {
    at = packet.writeUInt32BE(typeof field === 'number' ? field : field.length, at);
    if (typeof field !== 'number') at += field.copy(packet, at);
  }
  return packet;
}

/** What a request gets that the target never sees. */
export function encodeStatus(id: number, code: number, message: string): Buffer {
  return encodePacket(TYPE.STATUS, id, code, Buffer.from(message), Buffer.alloc(0));
}
