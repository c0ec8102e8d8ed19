/** What KILL names, and how. */
export interface Kill {
  readonly id: number;
  /** Ends the statement; otherwise the connection with it. */
  readonly query: boolean;
}

const KILL = /^\s*KILL\s+(?:(?:HARD|SOFT)\s+)?(?:(QUERY|CONNECTION)\s+)?(\d{1,10})\s*;?\s*$/i;

/** Exactly a KILL of one connection, in the form in which clients send it; undefined for every other text. */
export function parseKill(payload: Buffer): Kill | undefined {
  // Long texts are none, and are not looked through.
  const match = payload.length > 100 ? null : KILL.exec(payload.toString('latin1'));
  return match === null ? undefined : { id: Number(match[2]), query: match[1]?.toUpperCase() === 'QUERY' };
}
