import colours from 'picocolors';

const COLOURS: Readonly<Record<string, (text: string) => string>> = {
  live: colours.green,
  approved: colours.green,
  completed: colours.green,
  verified: colours.green,
  allow: colours.green,
  pending: colours.yellow,
  deferred: colours.yellow,
  hold: colours.yellow,
  interrupted: colours.yellow,
  unknown: colours.yellow,
  denied: colours.red,
  deny: colours.red,
  failed: colours.red,
  expired: colours.red,
  cancelled: colours.dim,
  ended: colours.dim,
};

/** A state or ruling in its colour, where colours are wanted at all. */
export function inColour(padded: string, state: string = padded.trim()): string {
  return COLOURS[state]?.(padded) ?? padded;
}
