/** The classes of effect that rules speak of. A command's class is a set over all its statements. */
export const COMMAND_CLASSES = ['read', 'write', 'session', 'ddl', 'privilege', 'admin', 'unknown'] as const;
export type CommandClass = (typeof COMMAND_CLASSES)[number];

/**
 * What rules can name besides relations; each protocol fills in what it has.
 *
 * - `command`: a command line, exactly as it was sent.
 * - `paths`: files on the target, absolute, without `.` and `..`; of an HTTP request its path, in every way that servers may
 *   read it.
 * - `addresses`: `host:port`, or the path of a socket, that a tunnel leads to or listens at.
 * - `repository`, `refs`: a Git repository's path, and the full names of refs.
 * - `findings`: names of masking rules that found something in what a push adds.
 * - `hosts`: the names of hosts that a request is for, lower-case, without a port.
 * - `headers`: a request's fields as `name: value`, names in lower case.
 * - `query`: parameters of a request's query as `name=value`, decoded.
 * - `operations`: what a request is to an API that is known: `graphql:mergePullRequest`, `github:merge`, `llm:chat`.
 */
export const OBJECT_KEYS = [
  'command',
  'paths',
  'addresses',
  'repository',
  'refs',
  'findings',
  'hosts',
  'headers',
  'query',
  'operations',
] as const;
export type ObjectKey = (typeof OBJECT_KEYS)[number];

/**
 * Kinds that serve for judging and never stand in an event: a command line stands there as its text, masked, and what
 * headers and queries carry may be secrets.
 */
export const JUDGED_ONLY: readonly ObjectKey[] = ['command', 'headers', 'query'];

/** What a text does, as far as its protocol can tell without asking who sent it. */
export interface Classification {
  /** Every class that any statement of the text has. Never empty. */
  readonly class: readonly CommandClass[];
  /** Upper-case verbs in order of appearance, each once: `["SELECT"]`, `["BEGIN", "DELETE"]`. */
  readonly verbs: readonly string[];
  /** `schema.name` where the schema is known, else the bare name. Sorted, each once. */
  readonly relations: readonly string[];
  /** An UPDATE or DELETE reaches every row: no WHERE, or one that is constant or tautological. */
  readonly unfiltered: boolean;
  /** It may store values of masked columns where no mask finds them: absent means no. */
  readonly launders?: boolean;
  /** Recordable, like the text, but for {@link JUDGED_ONLY}. A key that is absent: the command has nothing of the kind. */
  readonly objects?: { readonly [K in ObjectKey]?: readonly string[] };
  /** Kinds of which the command may mean more than `objects` names: what a push changes may be known in part. */
  readonly incomplete?: readonly ObjectKey[];
  /** Size of what comes with the command, such as a request's body; Infinity where nobody knows it yet. Absent: nothing can. */
  readonly bytes?: number;
  /** One sentence saying why the class is what it is, where that is not plain from the verb. */
  readonly reason?: string;
}

/**
 * What policy judges: one SQL statement text, exec string, HTTP request or ref update.
 *
 * It carries only what may be recorded; the exact bytes stay in the relay and are represented by
 * keyed digests (see {@link Gate.fingerprint}).
 */
export interface Command extends Classification {
  /** The recordable text: what replay, approvers and logs see. */
  readonly text: string;
  /** The text with its literals replaced: what a grant for a `shape` binds to. */
  readonly shape: string;
  /** Keyed digest (hex) of the exact text and of everything that decides how it is understood. */
  readonly digest: string;
  /** Recordable parameter values in order; null is SQL NULL. */
  readonly parameters: readonly (string | null)[];
}
