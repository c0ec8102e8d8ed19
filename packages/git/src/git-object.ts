/** A commit's links, and what its author wrote. */
export interface Commit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: Buffer;
}

/** An entry of a tree. */
export interface TreeEntry {
  /** UTF-8; bytes that are none as `\xNN`. */
  readonly name: string;
  readonly type: FileType;
  readonly id: string;
}

export type FileType = 'file' | 'executable' | 'symlink' | 'submodule' | 'directory';

const MODES: Readonly<Record<string, FileType>> = {
  '40000': 'directory',
  '040000': 'directory',
  '100644': 'file',
  '100664': 'file',
  '100755': 'executable',
  '120000': 'symlink',
  '160000': 'submodule',
};

/**
 * @returns undefined where it is no commit that has one reading.
 * @see https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
 */
export function parseCommit(bytes: Buffer): Commit | undefined {
  const end = bytes.indexOf('\n\n');
  const header = bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
  const [, tree, parents = ''] = /^tree ([0-9a-f]+)\n((?:parent [0-9a-f]+\n)*)author /.exec(header) ?? [];
  if (tree === undefined) return undefined;
  return {
    tree,
    parents: [...parents.matchAll(/[0-9a-f]{40,}/g)].map(([id]) => id),
    message: bytes.subarray(end < 0 ? bytes.length : end + 2),
  };
}

/** What an annotated tag points to, and its message. */
export function parseTag(bytes: Buffer): { readonly target: string; readonly message: Buffer } | undefined {
  const target = /^object ([0-9a-f]+)\n/.exec(bytes.toString('latin1', 0, 100))?.[1];
  const end = bytes.indexOf('\n\n');
  return target === undefined ? undefined : { target, message: bytes.subarray(end < 0 ? bytes.length : end + 2) };
}

/**
 * The entries of a tree, each `mode SP name NUL id`.
 *
 * @param idBytes of one id.
 * @returns undefined where it is no tree that every reader takes alike: a name twice, `.git`, an unknown mode.
 */
export function parseTree(bytes: Buffer, idBytes: number): ReadonlyMap<string, TreeEntry> | undefined {
  const entries = new Map<string, TreeEntry>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const nul = bytes.indexOf(0, space + 1);
    const end = nul + 1 + idBytes;
    if (space < 0 || nul < 0 || end > bytes.length) return undefined;
    const type = MODES[bytes.toString('latin1', at, space)];
    const name = nameOf(bytes.subarray(space + 1, nul));
    if (type === undefined || entries.has(name) || /^(|\.|\.\.|\.git)$/i.test(name) || name.includes('/')) return undefined;
    entries.set(name, { name, type, id: bytes.toString('hex', nul + 1, end) });
    at = end;
  }
  return entries;
}

function nameOf(bytes: Buffer): string {
  const name = bytes.toString();
  if (!name.includes('\uFFFD')) return name;
  return bytes.toString('latin1').replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
}
