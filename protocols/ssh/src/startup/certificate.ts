import { GatewayError, parseSshKeyLine, sshKeyType, type Target } from '@sallyport/core';
import type { Client } from 'ssh2';
import { showCertificate } from '../ssh2/private-parts.ts';

/**
 * Lets the gateway's key sign in with the certificate that belongs to it, where the target's credentials have one. ssh2
 * knows none: the certificate is named and shown in the key's place, and the signature is the key's.
 *
 * @throws GatewayError ERR_CONFIG for a certificate that is none
 */
export function useCertificate(client: Client, { name, credentials: { certificate } }: Target): void {
  if (certificate === undefined) return;
  const shown = parseSshKeyLine(certificate);
  if (shown === undefined || !sshKeyType(shown).endsWith('-cert-v01@openssh.com'))
    throw new GatewayError(
      'ERR_CONFIG',
      `targets.${name}.credentials.certificate is no certificate of OpenSSH: give the line of a file such as id_ed25519-cert.pub.`,
    );
  showCertificate(client, shown);
}
