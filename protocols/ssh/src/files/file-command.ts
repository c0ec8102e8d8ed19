import type { Classification, Command, CommandClass, Gate } from '@sallyport/core';
import { parentOf } from './paths.ts';

/** What is done with files. */
export type FileVerb = 'DOWNLOAD' | 'UPLOAD' | 'LIST' | 'REMOVE' | 'RENAME' | 'MKDIR' | 'ATTRIBUTES' | 'LINK';

/** What a request does with files, before the gate is asked. */
export interface FileAction {
  readonly verbs: readonly FileVerb[];
  /** Resolved, in the order in which the protocol names them. */
  readonly paths: readonly string[];
  /** As people read it: `upload /srv/app/x.tar`. */
  readonly text: string;
  /** What a grant for a shape covers; by default the same done with another file of the same directory. */
  readonly shape?: string;
  /** The request's own bytes: what an approval binds. */
  readonly exact: readonly Buffer[];
  /** What an approver sees besides the text. */
  readonly context?: Readonly<Record<string, string>>;
}

const READS: ReadonlySet<FileVerb> = new Set(['DOWNLOAD', 'LIST']);

/** An action on one path, named by its verb. */
export function fileAction(verb: FileVerb, path: string, exact: readonly Buffer[], context?: FileAction['context']): FileAction {
  return { verbs: [verb], paths: [path], text: `${verb.toLowerCase()} ${path}`, exact, ...(context && { context }) };
}

/** What rules go by. */
export function classificationOf(verbs: readonly FileVerb[], paths: readonly string[]): Classification {
  const classes = new Set<CommandClass>(verbs.map((verb) => (READS.has(verb) ? 'read' : 'write')));
  return { class: [...classes], verbs, relations: [], unfiltered: false, objects: { paths: [...new Set(paths)] } };
}

/** What policy judges and the record keeps. */
export function fileCommand({ verbs, paths, text, shape, exact }: FileAction, gate: Pick<Gate, 'fingerprint'>): Command {
  const places = paths.map((path) => (parentOf(path) === '/' ? '/*' : `${parentOf(path)}/*`));
  return {
    ...classificationOf(verbs, paths),
    text,
    shape: shape ?? `${verbs.join(' and ').toLowerCase()} ${places.join(' ')}`,
    digest: gate.fingerprint('file', ...paths, ...exact),
    parameters: [],
  };
}
