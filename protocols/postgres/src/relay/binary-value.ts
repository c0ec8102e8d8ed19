/** OIDs of pg_catalog types, fixed in src/include/catalog/pg_type.dat. */
const TYPE = {
  bool: 16,
  bytea: 17,
  char: 18,
  name: 19,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  oid: 26,
  json: 114,
  xml: 142,
  float4: 700,
  float8: 701,
  unknown: 705,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  time: 1083,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
} as const;

const TYPE_NAMES = new Map<number, string>(Object.entries(TYPE).map(([name, oid]) => [oid, name]));

/** The type's name; its OID where it is none of the common ones. */
export function typeName(oid: number): string {
  return TYPE_NAMES.get(oid) ?? (oid === 0 ? 'value' : `type ${oid}`);
}

/** Days and microseconds count from here. */
const EPOCH_MS = Date.UTC(2000, 0, 1);
const DAY_MS = 86_400_000;

/** Types whose binary form is their text. */
const TEXT_TYPES: ReadonlySet<number> = new Set([TYPE.text, TYPE.varchar, TYPE.bpchar, TYPE.name, TYPE.unknown]);

type Reader = (bytes: Buffer) => string;

const utf8: Reader = (bytes) => bytes.toString('utf8');

/** Readers by type, with the length that the value must have; 0 is any. */
const READERS = new Map<number, readonly [number, Reader]>([
  [TYPE.bool, [1, (bytes) => (bytes[0] === 0 ? 'f' : 't')]],
  [TYPE.bytea, [0, (bytes) => `\\x${bytes.toString('hex')}`]],
  [TYPE.char, [1, utf8]],
  [TYPE.int2, [2, (bytes) => String(bytes.readInt16BE())]],
  [TYPE.int4, [4, (bytes) => String(bytes.readInt32BE())]],
  [TYPE.int8, [8, (bytes) => String(bytes.readBigInt64BE())]],
  [TYPE.oid, [4, (bytes) => String(bytes.readUInt32BE())]],
  [TYPE.float4, [4, (bytes) => String(Number(bytes.readFloatBE().toPrecision(7)))]],
  [TYPE.float8, [8, (bytes) => String(bytes.readDoubleBE())]],
  [TYPE.json, [0, utf8]],
  [TYPE.xml, [0, utf8]],
  [TYPE.jsonb, [0, (bytes) => bytes.toString('utf8', 1)]], // a version byte leads
  [TYPE.uuid, [16, (bytes) => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')]],
  [TYPE.date, [4, (bytes) => day(bytes.readInt32BE())]],
  [TYPE.time, [8, (bytes) => clock(bytes.readBigInt64BE())]],
  [TYPE.timestamp, [8, (bytes) => moment(bytes.readBigInt64BE())]],
  [TYPE.timestamptz, [8, (bytes) => moment(bytes.readBigInt64BE(), '+00')]],
  [TYPE.numeric, [0, numeric]],
]);

/**
 * The text of a value in binary format, for recordings and replay. undefined: the type is none of
 * the common ones, or the bytes are not of it.
 * https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-FORMAT-CODES
 */
export function binaryText(typeOid: number, bytes: Buffer): string | undefined {
  if (TEXT_TYPES.has(typeOid)) return utf8(bytes);
  const [length, read] = READERS.get(typeOid) ?? [];
  if (read === undefined || (length !== 0 && length !== bytes.length)) return undefined;
  try {
    return read(bytes);
  } catch (error) {
    if ((error as Error).name === 'RangeError') return undefined; // too short, or no date
    throw error;
  }
}

function day(days: number): string {
  if (days === 0x7fffffff) return 'infinity';
  if (days === -0x80000000) return '-infinity';
  return new Date(EPOCH_MS + days * DAY_MS).toISOString().slice(0, -14);
}

function clock(microseconds: bigint): string {
  const seconds = microseconds / 1_000_000n;
  const part = (value: bigint): string => String(value).padStart(2, '0');
  return `${part(seconds / 3600n)}:${part((seconds / 60n) % 60n)}:${part(seconds % 60n)}${fraction(microseconds % 1_000_000n)}`;
}

function moment(microseconds: bigint, zone = ''): string {
  if (microseconds === 2n ** 63n - 1n) return 'infinity';
  if (microseconds === -(2n ** 63n)) return '-infinity';
  const rest = ((microseconds % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = (microseconds - rest) / 1_000_000n;
  const iso = new Date(EPOCH_MS + Number(seconds) * 1000).toISOString();
  return `${iso.slice(0, -5).replace('T', ' ')}${fraction(rest)}${zone}`;
}

function fraction(microseconds: bigint): string {
  return microseconds === 0n ? '' : `.${String(microseconds).padStart(6, '0').replace(/0+$/, '')}`;
}

/** `Int16 digits | Int16 weight | Int16 sign | Int16 scale | Int16 digit × digits`, base 10000. */
function numeric(bytes: Buffer): string {
  const weight = bytes.readInt16BE(2);
  const sign = bytes.readUInt16BE(4);
  const scale = bytes.readUInt16BE(6);
  if (sign === 0xc000) return 'NaN';
  if (sign === 0xd000) return 'Infinity';
  if (sign === 0xf000) return '-Infinity';
  const digit = (at: number): string =>
    (at < 0 || at >= bytes.readUInt16BE(0) ? 0 : bytes.readUInt16BE(8 + at * 2)).toString().padStart(4, '0');
  let whole = '';
  for (let at = 0; at <= weight; at += 1) whole += digit(at);
  let decimals = '';
  for (let at = weight + 1; decimals.length < scale; at += 1) decimals += digit(at);
  const text = `${whole.replace(/^0+(?=\d)/, '') || '0'}${scale > 0 ? `.${decimals.slice(0, scale)}` : ''}`;
  return sign === 0x4000 ? `-${text}` : text;
}
