import type { Classification, CommandClass } from '@sallyport/core';
import type { FetchRequest } from './fetch-request.ts';
import type { UpdateContents } from './file-list.ts';
import { showable } from './showable.ts';

/** What rules judge of git: one update of a ref, or one fetch. */
export interface GitCommand extends Classification {
  /** For people and the record. */
  readonly text: string;
  /** The text without ids and counts: what a grant for a `shape` binds to. */
  readonly shape: string;
  readonly objects: { readonly repository: readonly string[]; readonly refs: readonly string[]; readonly paths: readonly string[] };
  /** What the command's digest has to cover, besides the pack's own SHA-256. */
  readonly digestParts: readonly string[];
}

const ID_DIGITS = 8;

/** A verb of its own, so that rules can name it: the text that the push brings has what was looked for. */
const FOUND = 'PUSH SECRET';

/** Refs that mean the same to every server. Others steer it: Gerrit's `refs/meta/config`, git's own `refs/replace/`. */
const PLAIN_REF = /^refs\/(?:heads|tags|notes)\//;

interface Effect {
  readonly verb: 'REF CREATE' | 'REF UPDATE' | 'REF DELETE' | 'REF FORCE';
  readonly class: CommandClass;
  readonly reason?: string;
  /** How it stands in the text. */
  readonly word?: string;
}

/** One command for each ref of a push. */
export function pushCommands(repository: string, contents: readonly UpdateContents[]): readonly GitCommand[] {
  return contents.map((update) => pushCommand(repository, update));
}

/** `GIT FETCH` reads; a listing of refs is a fetch of their names. */
export function fetchCommand(repository: string, request: FetchRequest): GitCommand {
  const known = request.command === 'fetch' || request.command === 'ls-refs' || request.command === 'object-info';
  const details = [...request.refs, ...request.wants.map(short), ...(request.wanted > request.wants.length ? ['…'] : [])];
  const limits = [...request.depth, ...(request.filter === undefined ? [] : [`filter ${request.filter}`])];
  const text = [`${request.command} ${repository}`, ...details.slice(0, 20), ...(limits.length > 0 ? [`(${limits.join(', ')})`] : [])].join(
    ' ',
  );
  return {
    class: known ? ['read'] : ['unknown'],
    verbs: ['GIT FETCH'],
    ...NO_RELATIONS,
    text: showable(text),
    shape: showable(`${request.command} ${repository}`),
    objects: { repository: [repository], refs: request.command === 'fetch' ? request.refs : [], paths: [] },
    digestParts: [
      'git fetch',
      repository,
      request.command,
      ...request.refs,
      ...request.wants,
      String(request.wanted),
      ...request.depth,
      request.filter ?? '',
    ],
  };
}

const NO_RELATIONS = { relations: [], unfiltered: false } as const;

function pushCommand(repository: string, contents: UpdateContents): GitCommand {
  const { update } = contents;
  const effect = effectOf(contents);
  const doubt = doubtOf(contents);
  const reason = doubt ?? effect.reason;
  const classes: readonly CommandClass[] = doubt === undefined ? [effect.class] : [effect.class, 'unknown'];
  const found = contents.findings.length > 0 ? [FOUND] : [];
  return {
    class: classes,
    verbs: [effect.verb, ...found],
    ...NO_RELATIONS,
    ...(reason === undefined ? {} : { reason }),
    text: `push ${showable(repository)} ${update.ref} ${textOf(contents, effect)}`,
    shape: `push ${showable(repository)} ${update.ref} ${[effect.verb, ...found, ...classes].join(' ')}`,
    objects: { repository: [repository], refs: [update.ref], paths: contents.files.map((file) => file.path) },
    ...(contents.seen === 'all' ? {} : { incomplete: ['paths'] as const }),
    digestParts: ['git push', repository, update.ref, update.old, update.new],
  };
}

function effectOf({ update, fastForward }: UpdateContents): Effect {
  if (update.kind === 'create') return { verb: 'REF CREATE', class: 'write', word: 'new' };
  if (update.kind === 'delete') return { verb: 'REF DELETE', class: 'ddl', reason: 'a deleted ref takes its history away' };
  if (update.ref.startsWith('refs/tags/')) return { verb: 'REF FORCE', class: 'ddl', reason: 'a tag is moved', word: 'moves a tag' };
  if (fastForward !== 'no') return { verb: 'REF UPDATE', class: 'write', word: fastForward === 'yes' ? 'fast-forward' : 'perhaps forced' };
  return { verb: 'REF FORCE', class: 'ddl', reason: 'the old commits are not part of the new history', word: 'forced' };
}

/** Why a push may do more than it shows. It is `unknown` then, besides what it is. */
function doubtOf({ update, seen, fastForward }: UpdateContents): string | undefined {
  if (!PLAIN_REF.test(update.ref)) return 'what the ref means is up to the server';
  if (seen === 'none') return 'the contents of the push could not be looked at';
  if (fastForward === 'unknown' && update.ref.startsWith('refs/heads/')) return 'the push does not show whether it is a fast-forward';
  return undefined;
}

/** `1a2b3c4d..5d6e7f80 (fast-forward, 3 commits, 12 files)` */
function textOf({ update, seen, why, commits, files, findings }: UpdateContents, { word }: Effect): string {
  if (update.kind === 'delete') return `${short(update.old)} (deleted)`;
  const range = update.kind === 'create' ? short(update.new) : `${short(update.old)}..${short(update.new)}`;
  const changes = seen === 'none' ? [] : [count(commits, 'commit'), `${count(files.length, 'file')}${seen === 'part' ? ' or more' : ''}`];
  const notes = [word, ...changes, ...(seen === 'none' ? [`contents unseen: ${why}`] : [])];
  const found = new Set(findings.map((finding) => finding.rule));
  return showable(`${range} (${[...notes, ...(found.size > 0 ? [`found: ${[...found].join(', ')}`] : [])].join(', ')})`);
}

function short(id: string): string {
  return id.slice(0, ID_DIGITS);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
