const MAX_BYTES = 1024;

/** Control, format and bidirectional characters, line and paragraph separators, lone surrogates, and what stands for broken UTF-8. */
const UNSHOWABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\uFFFD]/u;

/**
 * Why a name cannot be pushed to, or undefined where it can. Besides git's own rules it has to lie
 * below `refs/`, and must show on a screen as what it is.
 *
 * @see https://git-scm.com/docs/git-check-ref-format
 */
export function refNameProblem(name: string): string | undefined {
  if (Buffer.byteLength(name) > MAX_BYTES) return `is longer than ${MAX_BYTES} bytes`;
  if (UNSHOWABLE.test(name)) return 'has characters that cannot be shown';
  if (!name.startsWith('refs/')) return 'does not begin with refs/';
  if (name.split('/').length < 3) return 'has no part below refs/heads/, refs/tags/ or the like';
  if (/[ ~^:?*[\\]|\.\.|@\{|\/\/|[./]$/.test(name)) return 'has characters that git does not allow there';
  if (name.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock'))) return 'has a part that git does not allow';
  return undefined;
}
