import { userInfo } from 'node:os';
import type { Store } from '@sallyport/core';
import type { Keys } from '@sallyport/identity';
import type { Recorder } from '@sallyport/recording';
import { type Site, withStore } from './site.ts';
import { VERSION } from './version.ts';

/** Who may write the data_dir: what they do is signed into its log under their account's name. */
export interface Administrator {
  readonly actor: string;
  readonly keys: Keys;
  readonly recorder: Recorder;
}

/** Acts on the data_dir, with or without a running gateway. */
export async function asAdministrator<T>(site: Site, act: (store: Store, administrator: Administrator) => Promise<T>): Promise<T> {
  return withStore(site, 'admin', async (store) => {
    const administrator = await openAdministrator(site, store);
    try {
      return await act(store, administrator);
    } finally {
      await administrator.recorder.close();
    }
  });
}

/** @throws GatewayError ERR_CONFIG when the keys are not ours to read */
export async function openAdministrator(site: Site, store: Store): Promise<Administrator> {
  const [{ openKeys }, { Recorder }] = await Promise.all([import('@sallyport/identity'), import('@sallyport/recording')]);
  const keys = await openKeys(site.config.dataDir);
  const recorder = new Recorder({ store, signingKey: keys.evidence.privateKey, version: VERSION, config: () => site.config.digest });
  return { actor: `local:${userInfo().username}`, keys, recorder };
}
