import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckResult } from '@sallyport/core';
import type { Config } from '@sallyport/gateway';
import { listenFault } from '../port.ts';
import { checkCertificates } from './certificate-checks.ts';

const HEALTH_MS = 5_000;
const NODE_MAJOR = 24;

/** What the gateway runs on, whether it runs, and what it shows to clients. */
export async function checkService(config: Config): Promise<readonly CheckResult[]> {
  const process = await runningProcess(config);
  const listeners = [...new Set([...config.targets.map(({ listen }) => listen), config.admin.listen])];
  return [
    checkRuntime(),
    runs(config, process),
    ...(await Promise.all(listeners.map((listen) => checkListener(listen, process)))).flat(),
    ...(await checkCertificates(config)),
    ...(await checkEvidence(config)),
  ];
}

function checkRuntime(): CheckResult {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) >= NODE_MAJOR) return { check: 'runtime', level: 'ok', message: `Node.js ${node}.` };
  return {
    check: 'runtime',
    level: 'problem',
    message: `Node.js ${node} is older than what the gateway needs.`,
    mend: `Node.js ${NODE_MAJOR}, which \`npm run setup\` brings`,
  };
}

/** The gateway of this data_dir: its process number, once it answers as well. */
async function runningProcess({ dataDir, admin }: Config): Promise<number | undefined> {
  try {
    const pid = Number(await readFile(join(dataDir, 'sallyport.pid'), 'utf8'));
    process.kill(pid, 0);
    const answer = await fetch(`http://${admin.listen}/healthz`, { signal: AbortSignal.timeout(HEALTH_MS) });
    return answer.ok ? pid : undefined;
  } catch {
    return undefined;
  }
}

function runs({ admin }: Config, running: number | undefined): CheckResult {
  const where = `its admin API ${running === undefined ? 'will be' : 'is'} on ${admin.listen}, which only this machine reaches`;
  return {
    check: 'gateway',
    level: 'ok',
    message: running === undefined ? `It does not run at the moment; ${where}.` : `It runs as process ${running}; ${where}.`,
  };
}

async function checkListener(listen: string, running: number | undefined): Promise<readonly CheckResult[]> {
  const colon = listen.lastIndexOf(':');
  const fault = await listenFault(listen.slice(0, colon).replace(/^\[|\]$/g, ''), Number(listen.slice(colon + 1)));
  if (fault === 'EADDRINUSE' && running !== undefined) return [];
  if (fault === undefined && running === undefined) return [];
  if (fault === undefined) {
    return [
      {
        check: 'listener',
        level: 'warning',
        message: `The running gateway does not listen on ${listen}, as the file says.`,
        mend: `kill -HUP ${running}, so that it reads the file again`,
      },
    ];
  }
  const why =
    fault === 'EADDRINUSE'
      ? 'another program listens there'
      : fault === 'EADDRNOTAVAIL'
        ? 'this machine has no such address'
        : fault === 'EACCES'
          ? 'the account may not'
          : fault;
  return [
    {
      check: 'listener',
      level: 'problem',
      message: `The gateway cannot listen on ${listen}: ${why}.`,
      mend: 'choose another address under listen',
    },
  ];
}

/** Whether somebody keeps it elsewhere, nobody here can know. */
async function checkEvidence({ dataDir }: Config): Promise<readonly CheckResult[]> {
  const file = join(dataDir, 'keys', 'evidence.pub');
  const there = await readFile(file).then(
    () => true,
    () => false,
  );
  if (!there) return [];
  const message = 'The record proves something only against a copy of its public key that lies elsewhere.';
  return [{ check: 'evidence', level: 'ok', message, mend: `scp ${file} to another machine, and verify with --pubkey there` }];
}
