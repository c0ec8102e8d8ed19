import type { X509Certificate } from 'node:crypto';
import { connect as connectTls } from 'node:tls';
import { type CheckResult, reach, SocketReader, settled, type Target, tlsOptions } from '@sallyport/core';
import { SSL_REQUEST_PACKET } from '../codec/startup-packets.ts';
import { ALPN_PROTOCOL } from '../startup/client-tls.ts';

const DAY_MS = 24 * 3_600_000;
/** A certificate that ends sooner deserves a look. */
const SOON_DAYS = 30;

/** What a target that offers TLS shows to whoever asks for it. */
interface TlsSight {
  /** Only programs on this machine can listen in. */
  readonly loopback: boolean;
  readonly version: string;
  readonly certificate?: X509Certificate;
  /** Why `verify-full` would refuse: OpenSSL's or Node's code. undefined: it would not. */
  readonly fault?: string;
}

/** What was found out, and the strongest mode that would work. */
export interface TlsCheck {
  readonly result: CheckResult;
  readonly strongest: Target['tls']['mode'];
}

/** A chain that nothing here trusts. https://docs.openssl.org/3.5/man1/openssl-verification-options/ */
const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/**
 * Asks for TLS, looks at the certificate as `verify-full` would, and hangs up before anything is said.
 *
 * @throws GatewayError ERR_TARGET_UNREACHABLE, or the signal's reason
 */
export async function checkTls(target: Target, signal: AbortSignal): Promise<TlsCheck> {
  const socket = await reach(target, signal);
  try {
    const loopback = /^(127\.|::1$|::ffff:127\.)/.test(socket.remoteAddress ?? '');
    socket.write(SSL_REQUEST_PACKET);
    const answer = String.fromCharCode((await new SocketReader(socket, 'target', signal).bytes(1))[0] as number);
    if (answer !== 'S') return { result: withoutTls(target.tls.mode, loopback), strongest: 'disable' };
    const asVerified: Target = { ...target, tls: { ...target.tls, mode: 'verify-full' } };
    const tls = connectTls({ socket, ...tlsOptions(asVerified, ALPN_PROTOCOL), rejectUnauthorized: false });
    await settled(tls, 'secureConnect', signal);
    const certificate = tls.getPeerX509Certificate();
    const fault = tls.authorized ? undefined : String(tls.authorizationError);
    const version = tls.getProtocol() ?? 'TLS';
    const sight = { loopback, version, ...(certificate !== undefined && { certificate }), ...(fault !== undefined && { fault }) };
    return { result: judge(target, sight), strongest: fault === undefined ? 'verify-full' : 'require' };
  } finally {
    socket.destroy();
  }
}

function judge({ tls, host }: Target, sight: TlsSight): CheckResult {
  const fault = faultOf(sight, host);
  if (tls.mode === 'verify-full') return fault === undefined ? verified(sight, host) : { check: 'tls', level: 'problem', ...fault };
  const mend =
    fault === undefined
      ? 'tls: verify-full; the certificate passes it'
      : `tls: verify-full, once its certificate passes. Today it would not: ${fault.message} ${fault.mend}`;
  if (tls.mode === 'require') {
    const level = fault === undefined || !sight.loopback ? 'warning' : 'ok';
    return { check: 'tls', level, message: `The connection is encrypted, but nothing proves that ${host} is the right server.`, mend };
  }
  if (sight.loopback) return { check: 'tls', level: 'ok', message: 'TLS is off, on a connection that stays on this machine.' };
  const message = 'TLS is off although the server offers it: the login and all data cross the network in the clear.';
  return { check: 'tls', level: 'problem', message, mend };
}

function withoutTls(mode: Target['tls']['mode'], loopback: boolean): CheckResult {
  const turnOn = 'turn it on at the server (ssl = on, with a certificate for its name)';
  if (mode !== 'disable') {
    const message = `The server offers no TLS, and the target asks for tls: ${mode}.`;
    return {
      check: 'tls',
      level: 'problem',
      message,
      mend: `${turnOn}${loopback ? ', or set tls: disable, since it is on this machine' : ''}`,
    };
  }
  if (loopback) return { check: 'tls', level: 'ok', message: 'TLS is off, on a connection that stays on this machine.' };
  const message = 'The server offers no TLS: the login and all data cross the network in the clear.';
  return { check: 'tls', level: 'problem', message, mend: `${turnOn}, then set tls: verify-full` };
}

function verified({ version, certificate }: TlsSight, host: string): CheckResult {
  const until = certificate?.validToDate ?? new Date(0);
  const days = Math.floor((until.getTime() - Date.now()) / DAY_MS);
  const message = `${version}, with a certificate for ${host} that is good until ${day(until)} (${days} days).`;
  if (days >= SOON_DAYS) return { check: 'tls', level: 'ok', message };
  return { check: 'tls', level: 'warning', message, mend: "renew the server's certificate; the gateway refuses it from that day on" };
}

function faultOf({ certificate, fault }: TlsSight, host: string): { readonly message: string; readonly mend: string } | undefined {
  if (fault === undefined || certificate === undefined) return undefined;
  // Said first, whatever else is wrong: trusting an expired certificate would not help.
  if (certificate.validToDate.getTime() <= Date.now()) {
    return {
      message: `The server's certificate expired on ${day(certificate.validToDate)}.`,
      mend: 'renew it at the server, and reload the server',
    };
  }
  if (UNTRUSTED.has(fault)) {
    const self = certificate.subject === certificate.issuer;
    return {
      message: `The server's certificate is ${self ? 'signed by itself' : `signed by ${nameOf(certificate.issuer)}`}, which nothing here trusts.`,
      mend: `put ${self ? 'the certificate' : "that CA's certificate"} into a file and name it: ca: FILE (get it from whoever runs the server; the SHA-256 fingerprint of what the server shows is ${certificate.fingerprint256})`,
    };
  }
  if (fault === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = certificate.subjectAltName?.replaceAll(/DNS:|IP Address:/g, '') ?? nameOf(certificate.subject);
    return {
      message: `The server's certificate is for ${names}, and not for ${host}.`,
      mend: 'reach it under one of those names (address:), or have a certificate made for this one',
    };
  }
  return { message: `The server's certificate does not pass (${fault}).`, mend: 'replace it at the server' };
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** The common name, or what there is: `O=Example\nCN=Example CA` → `Example CA`. */
function nameOf(subject: string): string {
  return /^CN=(.+)$/m.exec(subject)?.[1] ?? subject.replaceAll('\n', ', ');
}
