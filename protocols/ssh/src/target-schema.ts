import { z } from 'zod';

/** Variables that programs on the target expect from whoever connects, and nothing that changes what they run. */
const ENVIRONMENT = ['LANG', 'LC_*', 'TZ', 'COLORTERM', 'TERM_PROGRAM*', 'GIT_PROTOCOL', 'GIT_AUTHOR_*', 'GIT_COMMITTER_*'];

/** Keys of an SSH target besides those that all targets have. */
export const targetSchema = z.object({
  host_keys: z
    .array(z.string().min(1))
    .min(1)
    .describe(
      'Host keys that the target may have: lines of a known_hosts file, public keys as in `ssh_host_ed25519_key.pub`, or fingerprints as `SHA256:…`. `ssh-keyscan HOST` shows them; compare with what the host itself says.',
    ),
  record_output_mib: z
    .int()
    .positive()
    .default(256)
    .describe('How much output of one session is recorded, in MiB. What comes later still reaches the client, counted and hashed.'),
  env: z.array(z.string().min(1)).default(ENVIRONMENT).describe('Names of environment variables that clients may set; globs.'),
});

/** What {@link targetSchema} reads. */
export type TargetOptions = z.output<typeof targetSchema>;
