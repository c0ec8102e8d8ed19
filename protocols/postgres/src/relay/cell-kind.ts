/**
 * How a type's values carry text.
 * - `text`: any text.  - `xml`, `json`, `jsonb`: text with a syntax.  - `uuid`: 128 bits.
 * - `array`, `record`: of other values.  - `plain`: numbers, times, addresses: no text at all.
 * - `other`: nothing is known of it; in text format it is searched like text.
 */
export type CellKind = 'text' | 'xml' | 'json' | 'jsonb' | 'uuid' | 'array' | 'record' | 'plain' | 'other';

/** OIDs of pg_catalog types by kind, fixed in src/include/catalog/pg_type.dat. */
const OIDS: Readonly<Record<Exclude<CellKind, 'other'>, readonly number[]>> = {
  text: [25, 1043, 1042, 19, 705, 1790, 2275], // text, varchar, bpchar, name, unknown, refcursor, cstring
  xml: [142],
  json: [114],
  jsonb: [3802],
  uuid: [2950],
  array: [1009, 1015, 1014, 1003, 143, 199, 3807, 2951, 2201, 1263],
  record: [2249],
  plain: [
    ...[16, 17, 18, 20, 21, 23, 26, 700, 701, 790, 1700], // bool, bytea, "char", integers, oid, floats, money, numeric
    ...[1082, 1083, 1114, 1184, 1186, 1266], // date and time
    ...[829, 774, 869, 650, 1560, 1562, 3220, 5069, 27, 28, 29], // addresses, bits, pg_lsn, row and transaction ids
    ...[600, 601, 602, 603, 604, 628, 718], // geometry
    ...[3904, 3906, 3908, 3910, 3912, 3926, 4451, 4532, 4533, 4534, 4535, 4536], // ranges
    ...[1000, 1001, 1002, 1005, 1007, 1016, 1021, 1022, 1028, 1231, 1115, 1182, 1183, 1185, 1187, 1270], // arrays of these
    ...[24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191, 2278, 22, 30], // names of objects by OID, void, vectors
  ],
};

const KINDS: ReadonlyMap<number, CellKind> = new Map(
  Object.entries(OIDS).flatMap(([kind, oids]) => oids.map((oid): [number, CellKind] => [oid, kind as CellKind])),
);

/** @param isText tells of a type that the server did not bring whether it is one of texts, as citext */
export function cellKind(typeOid: number, isText: (oid: number) => boolean): CellKind {
  return KINDS.get(typeOid) ?? (isText(typeOid) ? 'text' : 'other');
}

/** Kinds in whose text format a character may stand for another: what looks harmless may not be. */
export const ESCAPING_KINDS: ReadonlySet<CellKind> = new Set(['json', 'jsonb', 'array', 'record', 'other']);
