import type { Protocol } from '@sallyport/core';

/** Every protocol this program speaks. A new one is a line here. */
export async function loadProtocols(): Promise<readonly Protocol[]> {
  const { postgres } = await import('@sallyport/postgres');
  return [postgres()];
}
