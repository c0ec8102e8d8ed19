import { formatPath, type Path } from './problem.ts';

/**
 * What the design knows and this release does not serve, by path with every list index as `[]`. A
 * file that asks for it is refused: a mask or sign-in that is silently not there would be worse.
 */
const LATER: Readonly<Record<string, string>> = {
  'admin.tls': 'TLS for the admin API comes with a later release; keep admin.listen on 127.0.0.1 and reach it through a tunnel',
};

/** The sentence for a key that a later release brings. */
export function laterKey(path: Path): string | undefined {
  return LATER[generalise(path)];
}

function generalise(path: Path): string {
  return formatPath(path).replaceAll(/\[\d+\]/g, '[]');
}
