import { isIP } from 'node:net';
import forge from 'node-forge';

const { asn1 } = forge;
/** Its types leave this function out. */
const util = forge.util as typeof forge.util & { bytesFromIP(address: string): string };
const OID = '2.5.29.30';
/** Choices of GeneralName. https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6 */
const DNS_NAME = 2;
const IP_ADDRESS = 7;
const PERMITTED = 0;
const EXCLUDED = 1;
/** A name that no server has (https://www.rfc-editor.org/rfc/rfc6761#section-6.4): whoever permits it alone permits none. */
const NOBODY = 'invalid';
const BYTES = { 4: 4, 6: 16 } as const;

/**
 * The extension by which a CA may sign for these hosts and no others; clients refuse the rest whatever the CA signs.
 * An address counts for itself, a DNS name for itself and all below it, which the format cannot tell apart.
 *
 * ```
 * NameConstraints ::= SEQUENCE { permittedSubtrees [0] GeneralSubtrees OPTIONAL, excludedSubtrees [1] GeneralSubtrees OPTIONAL }
 * GeneralSubtree  ::= SEQUENCE { base GeneralName, minimum [0] DEFAULT 0, maximum [1] OPTIONAL }
 * ```
 *
 * node-forge knows the extension's number and not its content. https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.10
 *
 * @param hosts names, `*.example.com` (all below example.com), IP addresses.
 */
export function nameConstraints(hosts: readonly string[]): { readonly id: string; readonly critical: true; readonly value: string } {
  const addresses = hosts.filter((host) => isIP(host) !== 0);
  const names = hosts.filter((host) => isIP(host) === 0).map((host) => host.replace(/^\*/, ''));
  const permitted = [...(names.length === 0 ? [NOBODY] : names).map(dnsName), ...addresses.map(oneAddress)];
  const excluded = addresses.length === 0 ? [everyAddress(4), everyAddress(6)] : [];
  const trees = [subtrees(PERMITTED, permitted), ...(excluded.length === 0 ? [] : [subtrees(EXCLUDED, excluded)])];
  return { id: OID, critical: true, value: asn1.toDer(sequence(trees)).getBytes() };
}

function subtrees(tag: number, names: readonly forge.asn1.Asn1[]): forge.asn1.Asn1 {
  return asn1.create(
    asn1.Class.CONTEXT_SPECIFIC,
    tag,
    true,
    names.map((name) => sequence([name])),
  );
}

function sequence(parts: forge.asn1.Asn1[]): forge.asn1.Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, parts);
}

function dnsName(name: string): forge.asn1.Asn1 {
  return asn1.create(asn1.Class.CONTEXT_SPECIFIC, DNS_NAME, false, name);
}

/** An address and a mask of the same length. */
function oneAddress(address: string): forge.asn1.Asn1 {
  const bytes = util.bytesFromIP(address);
  return asn1.create(asn1.Class.CONTEXT_SPECIFIC, IP_ADDRESS, false, bytes + '\xff'.repeat(bytes.length));
}

function everyAddress(family: keyof typeof BYTES): forge.asn1.Asn1 {
  return asn1.create(asn1.Class.CONTEXT_SPECIFIC, IP_ADDRESS, false, '\0'.repeat(2 * BYTES[family]));
}
