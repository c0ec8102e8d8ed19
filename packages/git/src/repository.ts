/**
 * A repository's path as rules name it: `/srv/git/shop.git/`, `srv/git/shop` and `//srv/git/shop/.git`
 * are all `srv/git/shop`, for git finds the same repository by each. `~/shop` is `shop`: both lie in the account's home.
 *
 * @param path decoded: without percent signs of a URL, without quotes of a shell.
 * @returns undefined for a path that cannot be held against rules, since it climbs (`..`).
 */
export function repositoryName(path: string): string | undefined {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) return undefined;
  if (parts.length > 1 && parts.at(-1) === '.git') parts.pop();
  if (parts[0] === '~') parts.shift();
  const name = parts.join('/').replace(/\.git$/, '');
  return name === '' ? undefined : name;
}
