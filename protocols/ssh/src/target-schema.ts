import { z } from 'zod';

/** Keys of an SSH target besides those that all targets have. */
export const targetSchema = z.object({
  host_keys: z
    .array(z.string().min(1))
    .min(1)
    .describe(
      'Host keys that the target may have: lines of a known_hosts file, public keys as in `/etc/ssh/ssh_host_ed25519_key.pub`, or fingerprints as `SHA256:…`. `sallyport doctor` shows what the target has.',
    ),
  env: z
    .array(z.string().min(1))
    .default(['LANG', 'LC_*', 'TERM', 'COLORTERM', 'GIT_PROTOCOL'])
    .describe('Names of environment variables that clients may set; globs.'),
});
