import type { Json, Place } from './json-value.ts';
import type { Edit } from './splice.ts';

/** A piece of a text that comes in many events. */
export interface Delta {
  /** Where the piece stands in the event. */
  readonly place: Place;
  readonly text: string;
  /** Which text it is a piece of. Parts of one thing begin alike: `0/` for all of choice 0. */
  readonly part: string;
  /** `json`: the pieces joined are JSON, such as a tool's arguments. `signed`: whoever edits it breaks a signature. */
  readonly form: 'text' | 'json' | 'signed';
  /** What the text is in a conversation; undefined: nothing that is told. */
  readonly as: 'completion' | 'reasoning' | 'arguments' | undefined;
  /** The data of an event of this shape with another piece of the same text, and with nothing else. */
  carrier(text: string): Json;
}

/** Places of a document or an event that are not like others. */
export interface Marks {
  /** Texts that are complete JSON of their own. */
  readonly nested: readonly Place[];
  /** Texts that must come back as they are: signed, or encrypted by the target. */
  readonly signed: readonly Place[];
  /** What tells the text once more, piece by piece, and therefore goes where texts are masked. */
  readonly repeated: readonly Edit[];
}

/** What was used, in tokens. */
export interface Usage {
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  /** Of the input: what was read from a cache. */
  readonly cached?: number | undefined;
  /** Of the output. */
  readonly reasoning?: number | undefined;
}

/** Something that an answer says of itself. Texts are whole here; their pieces are deltas. */
export type Fact =
  | { readonly type: 'model'; readonly model: string }
  | { readonly type: 'completion' | 'reasoning' | 'arguments'; readonly part: string; readonly text: string }
  /** @param part that of its arguments. */
  | { readonly type: 'call'; readonly part: string; readonly name: string }
  | { readonly type: 'usage'; readonly usage: Usage }
  | { readonly type: 'finish'; readonly reason: string };

/** An event of a streamed answer. */
export interface Reading extends Marks {
  readonly deltas: readonly Delta[];
  /** Beginnings of the parts that end with this event; empty: all of them. What is held back of them must leave before. */
  readonly ends: readonly string[];
  /** Besides what the deltas say. */
  readonly facts: readonly Fact[];
  /** It repeats texts that came piece by piece, so that hits in it were counted before. */
  readonly repeats?: boolean;
}

/** A message of a conversation, as a request has it. */
export interface Message {
  readonly role: string;
  readonly text: string;
  readonly tool_calls?: readonly ToolCall[];
}

export interface ToolCall {
  readonly name: string;
  readonly arguments: string;
}

/** How one API says things. Whatever it does not know is nothing special: never an error. */
export interface Dialect {
  /** The request wants an answer whose text is JSON. */
  structured(request: Json): boolean;
  event(event: Json, structured: boolean): Reading;
  /** Of a request, and of an answer in one piece. */
  document(document: Json, structured: boolean): Marks;
  /** An answer in one piece. */
  facts(answer: Json): readonly Fact[];
  messages(request: Json): readonly Message[];
}

export const NO_MARKS: Marks = { nested: [], signed: [], repeated: [] };
