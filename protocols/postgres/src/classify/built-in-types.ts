const BUILT_IN =
  /^(bool(ean)?|int[248]?|integer|smallint|bigint|float[48]|real|double precision|numeric|decimal|text|varchar|bytea|uuid|date|time(tz)?|timestamp(tz)?|interval|jsonb?|jsonpath|xml|inet|cidr|oid)(\(\d+(,\d+)?\))?(\[\])*$/i;

/** A common type of the server, as written: reading a value of it runs nobody's code. False where that cannot be told. */
export function isBuiltInType(name: string): boolean {
  return BUILT_IN.test(name.replace(/^pg_catalog\./i, ''));
}
