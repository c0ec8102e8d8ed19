import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckResult } from '@sallyport/core';
import type { Config } from '@sallyport/gateway';

const DAY_MS = 24 * 3_600_000;
const SOON_DAYS = 30;

/** A certificate that somebody must renew, or give to clients. */
interface Watched {
  readonly check: string;
  /** `The gateway's certificate` */
  readonly what: string;
  readonly file: string;
  /** Where the configuration names the file; absent: the gateway makes it. */
  readonly setting?: string;
  /** How to renew it. */
  readonly mend: string;
}

/** How long the certificates that clients see, or trust, are good for. */
export async function checkCertificates(config: Config): Promise<readonly CheckResult[]> {
  return (await Promise.all([listenerCertificate(config), forwardCertificate(config)].map(checkValidity))).flat();
}

/** The gateway's own authority renews its certificate by itself; one's own it cannot renew. */
function listenerCertificate({ tls, dataDir }: Config): Watched {
  const check = 'certificate';
  if ('cert' in tls) {
    return {
      check,
      what: "The gateway's certificate",
      file: tls.cert,
      setting: 'tls.cert',
      mend: 'renew it, then send the gateway a SIGHUP',
    };
  }
  const file = join(dataDir, 'keys', 'ca.pem');
  const mend = `remove ${file} and listener-ca.pem beside it, restart, and give clients the new CA`;
  return { check, what: "The gateway's own CA", file, mend };
}

/** Its own the gateway makes anew with 30 days left, and clients must be given that in time. */
function forwardCertificate({ forwardCa, dataDir }: Config): Watched {
  const check = 'forward_ca';
  if (forwardCa !== undefined) {
    const mend = 'renew it, then send the gateway a SIGHUP';
    return { check, what: "The company's CA of the forward proxy", file: forwardCa.cert, setting: 'forward_ca.cert', mend };
  }
  const file = join(dataDir, 'keys', 'forward-ca.pem');
  return {
    check,
    what: 'The CA of the forward proxy',
    file,
    mend: 'sallyport ca forward, which renews it; then give clients what it prints',
  };
}

async function checkValidity({ check, what, file, setting, mend }: Watched): Promise<readonly CheckResult[]> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    if (setting === undefined) return []; // not made yet, or not wanted
    return [{ check, level: 'problem', message: `${setting}: ${file} cannot be read.`, mend: 'correct the path, or its permissions' }];
  }
  try {
    const until = new X509Certificate(text).validToDate;
    const days = Math.floor((until.getTime() - Date.now()) / DAY_MS);
    const message = `${what} is good until ${until.toISOString().slice(0, 10)} (${days} days).`;
    if (days >= SOON_DAYS) return [{ check, level: 'ok', message }];
    return [{ check, level: days < 0 ? 'problem' : 'warning', message, mend }];
  } catch {
    const mended = 'put the PEM text of the certificate and its chain there';
    return [{ check, level: 'problem', message: `${file} holds no certificate.`, mend: mended }];
  }
}
