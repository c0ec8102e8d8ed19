import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { BlockList, connect, isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { CheckResult } from '@sallyport/core';

const WAIT_MS = 5_000;

/** Addresses that the internet does not route. https://www.iana.org/assignments/iana-ipv4-special-registry */
const PRIVATE = new BlockList();
for (const [net, prefix] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  PRIVATE.addSubnet(net, prefix, 'ipv4');
}
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

/** Whether a name resolves, to what kind of address, and whether something answers there. */
export async function checkNetwork(host: string, port: number, signal: AbortSignal): Promise<readonly CheckResult[]> {
  const name = isIP(host) === 0 ? await resolve(host, signal) : undefined;
  if (name?.level === 'problem') return [name];
  const address = await reach(host, port, signal);
  const results = [...(name === undefined ? [] : [name]), address.result];
  if (address.remote !== undefined && isPublic(address.remote)) {
    const message = `${address.remote} is a public address: without a firewall the whole internet may knock there.`;
    results.push({
      check: 'address',
      level: 'warning',
      message,
      mend: "a private address, or a firewall that lets in the gateway's address alone",
    });
  }
  return results;
}

async function resolve(host: string, signal: AbortSignal): Promise<CheckResult> {
  try {
    const found = await bounded(lookup(host, { all: true }), signal);
    if (found === undefined) throw new Error(`no answer within ${WAIT_MS / 1000} seconds`);
    return { check: 'dns', level: 'ok', message: `${host} is ${found.map(({ address }) => address).join(', ')}.` };
  } catch (error) {
    signal.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOTFOUND' ? 'no such name' : (code ?? message);
    return {
      check: 'dns',
      level: 'problem',
      message: `The name ${host} does not resolve (${why}).`,
      mend: 'correct its address, or the name service of this machine',
    };
  }
}

async function reach(host: string, port: number, signal: AbortSignal): Promise<{ readonly result: CheckResult; readonly remote?: string }> {
  const socket = connect({ host, port });
  try {
    const connected = await bounded(
      once(socket, 'connect').then(() => true),
      signal,
    );
    if (connected === undefined) throw Object.assign(new Error('silent'), { code: 'ETIMEDOUT' });
    const remote = socket.remoteAddress;
    return { result: { check: 'tcp', level: 'ok', message: `${host}:${port} answers.` }, ...(remote !== undefined && { remote }) };
  } catch (error) {
    signal.throwIfAborted();
    return { result: unreachable(host, port, (error as NodeJS.ErrnoException).code ?? (error as Error).message) };
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

function unreachable(host: string, port: number, code: string): CheckResult {
  const reasons: Readonly<Record<string, readonly [string, string]>> = {
    ECONNREFUSED: [
      'nothing listens there',
      'start the server, or correct its address; a server that listens on its own loopback only is not reached from here',
    ],
    ETIMEDOUT: ['no answer', 'a firewall is most likely between: open the port for this machine'],
    EHOSTUNREACH: ['no way there', 'correct its address, or the routing of this machine'],
    ENETUNREACH: ['no way there', 'correct its address, or the routing of this machine'],
  };
  const [why, mend] = reasons[code] ?? [code, 'correct its address'];
  return { check: 'tcp', level: 'problem', message: `${host}:${port} cannot be reached: ${why}.`, mend };
}

function isPublic(address: string): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  return !/^(127\.|::1$|::ffff:127\.)/.test(address) && !PRIVATE.check(address, family);
}

/** @returns undefined when it takes too long; what came later is dropped. @throws the signal's reason */
async function bounded<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  work.catch(() => undefined);
  const timer = new AbortController();
  try {
    return await Promise.race([work, delay(WAIT_MS, undefined, { signal: AbortSignal.any([signal, timer.signal]) })]);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    timer.abort();
  }
}
