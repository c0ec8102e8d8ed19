/** What was read from JSON, of which nothing is known. */
export type Json = unknown;

/** A way down into JSON: names of members and numbers of elements. */
export type Place = readonly (string | number)[];

/** A member of an object, or an element of an array; undefined where there is none. */
export function at(value: Json, ...place: Place): Json {
  let here = value;
  for (const step of place) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Record<string | number, Json>)[step];
  }
  return here;
}

/** A member that is text; undefined where it is anything else. */
export function textAt(value: Json, ...place: Place): string | undefined {
  const found = at(value, ...place);
  return typeof found === 'string' ? found : undefined;
}

/** A member that is a number; undefined where it is anything else. */
export function numberAt(value: Json, ...place: Place): number | undefined {
  const found = at(value, ...place);
  return typeof found === 'number' ? found : undefined;
}

/** A member that is an array; empty where it is anything else. */
export function listAt(value: Json, ...place: Place): readonly Json[] {
  const found = at(value, ...place);
  return Array.isArray(found) ? found : [];
}

/** undefined for what is no JSON. */
export function parsed(bytes: Buffer): Json {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
