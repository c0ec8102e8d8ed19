/** Chooses: from a list, or a number below a bound. */
export interface Dice {
  of<T>(choices: readonly T[]): T;
  below(bound: number): number;
}

/** A small generator of random numbers: mulberry32. The same seed, the same choices. */
export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (bound: number): number => next() % bound;
  return { below, of: (choices) => choices[below(choices.length)] as (typeof choices)[number] };
}
