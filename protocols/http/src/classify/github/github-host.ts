/** GitHub's own API, and that of GitHub Enterprise Cloud with data residency. */
const HOST = /^(?:(?:api|uploads)\.github\.com|(?:api|uploads)\.[a-z0-9-]+\.ghe\.com)$/;

/** @param host lower-case, without a port. */
export function isGithub(host: string): boolean {
  return HOST.test(host);
}
