/** What the stand-in says to a request, before an API gives it a form. */
export interface Reply {
  /** Signed where the API signs it; empty: it says nothing of what it thinks. */
  readonly thinking: readonly string[];
  readonly text: readonly string[];
  readonly call: { readonly name: string; readonly arguments: readonly string[] } | undefined;
}

/** What a client asks for, in whichever API. */
export interface Ask {
  readonly model: string;
  readonly stream: boolean;
  /** The first tool that it offers. */
  readonly tool: string | undefined;
  /** A tool's result is among the messages. */
  readonly answered: boolean;
  readonly thinking: boolean;
}

/** Made-up data of a customer, each value cut as tokens are. */
const TEXT = [
  'The',
  ' customer',
  ' is',
  ' Carol',
  ' Jones',
  ', carol.',
  'jones@',
  'exam',
  'ple.com',
  '; she',
  ' paid',
  ' with 4111',
  ' 1111 11',
  '11 1111',
  '. The export',
  ' runs with AKIA',
  'IOSFODNN',
  '7EXAMPLE',
  '.',
];
const THINKING = ['I look', ' for the', ' customer carol.jones@', 'example.com', '.'];
const ARGUMENTS = ['{"', 'to":"', 'carol.jones', '@example', '.com","', 'subject":"Your', ' order"', ',"card":"4111', '111111', '111111"}'];

/** The same for every request of one kind: one tool call where a tool is offered, and a text once it has answered. */
export function replyTo({ tool, answered, thinking }: Ask): Reply {
  const call = tool === undefined || answered ? undefined : { name: tool, arguments: ARGUMENTS };
  return { thinking: thinking ? THINKING : [], text: call === undefined ? TEXT : ['I', ' write', ' to', ' her', '.'], call };
}

/** One token for each piece: near enough. */
export function tokensOf({ thinking, text, call }: Reply): { readonly thinking: number; readonly all: number } {
  return { thinking: thinking.length, all: thinking.length + text.length + (call?.arguments.length ?? 0) };
}

/** A client's body, of which nothing is known. */
export type Body = Readonly<Record<string, unknown>>;

/** An event of a stream: its data, and its name where the API has names. */
export interface ModelEvent {
  readonly name?: string;
  readonly data: Body | '[DONE]';
}

/** One API's form of a reply. */
export interface ModelApi {
  read(body: Body): Ask;
  whole(ask: Ask, reply: Reply): Body;
  events(ask: Ask, reply: Reply): readonly ModelEvent[];
  /** The body of an answer that is an error. */
  error(type: string, message: string): Body;
}

export function listOf(value: unknown): readonly Body[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
