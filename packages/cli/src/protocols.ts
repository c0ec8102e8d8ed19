import type { Protocol } from '@sallyport/core';

/** Every protocol this program speaks. A new one is a line here. */
export async function loadProtocols(): Promise<readonly Protocol[]> {
  const [{ postgres }, { mysql }, { ssh }, { http }] = await Promise.all([
    import('@sallyport/postgres'),
    import('@sallyport/mysql'),
    import('@sallyport/ssh'),
    import('@sallyport/http'),
  ]);
  return [postgres(), mysql(), ssh(), http()];
}
