/** A text that cannot be understood. Thrown and caught inside this folder only; the sentence holds nothing of the text. */
export class Refusal extends Error {}

/** @param message one sentence for the person at the client */
export function refuse(message: string): never {
  throw new Refusal(message);
}
