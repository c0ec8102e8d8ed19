import type { Algorithms } from 'ssh2';
import ssh2Crypto from 'ssh2/lib/protocol/crypto.js';

/** ssh2's own ciphers were built when it was installed, which takes a C++ compiler; without them it goes on in silence. */
export const hasNativeCiphers: boolean = ssh2Crypto.bindingAvailable;

/** What who runs the gateway reads where they are missing. */
export const NO_NATIVE_CIPHERS =
  "ssh2's native ciphers are missing, so SSH takes several times the processor time: install a C++ compiler, make and Python, and set up again.";

/** Without them AES-GCM is what suffers most. */
const WITHOUT = ['chacha20-poly1305@openssh.com', 'aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes256-ctr'] as const;

/** The ciphers to prefer towards a target; undefined: ssh2's own choice. */
export function preferredCiphers(native: boolean = hasNativeCiphers): Algorithms['cipher'] | undefined {
  return native ? undefined : [...WITHOUT];
}
