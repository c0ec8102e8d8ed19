import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { type Decoder, type Frame, pump, type Relay, type SessionEnd } from '@sallyport/core';
import type { FileTestGate } from './file-gate.ts';

export const STAND_IN = join(import.meta.dirname, 'stand-in.mjs');
export const SFTP_SERVER = '/usr/lib/openssh/sftp-server';

/** What a channel is carried by. */
export interface Carrier<F extends Frame> {
  readonly decoders: { readonly client: Decoder<F>; readonly target: Decoder<F> };
  readonly relay: Relay<F> & { ended(): void };
}

/** A gateway for clients that start {@link STAND_IN} in place of ssh. The target is this machine. */
export interface FileGateway {
  /** A directory of the test's own. */
  readonly directory: string;
  readonly ends: SessionEnd[];
  /** Commands of exec channels. */
  readonly execs: string[];
  /** Runs a client program to its end. */
  run(program: string, args: readonly string[], input?: string): Promise<Outcome>;
  close(): Promise<void>;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param carry what stands between the two, by the exec string; undefined for the subsystem `sftp`. */
export async function fileGateway<F extends Frame>(
  gate: FileTestGate,
  carry: (exec: string | undefined) => Carrier<F>,
): Promise<FileGateway> {
  const directory = await mkdtemp(join(tmpdir(), 'files-'));
  const path = join(directory, 'socket');
  const ends: SessionEnd[] = [];
  const execs: string[] = [];
  const children = new Set<ChildProcess>();
  const sessions = new Set<Promise<void>>();

  const serve = async (socket: Socket): Promise<void> => {
    const args = await firstLine(socket);
    const exec = args.includes('-s') ? undefined : args.slice(args.indexOf('target') + 1).join(' ');
    if (exec !== undefined) execs.push(exec);
    const child = exec === undefined ? spawn(SFTP_SERVER, { cwd: directory }) : spawn('/bin/sh', ['-c', exec], { cwd: directory });
    children.add(child);
    child.once('close', () => children.delete(child));
    const target = Duplex.from({ writable: child.stdin, readable: child.stdout });
    const { decoders, relay } = carry(exec);
    const ended = pump({
      client: socket,
      target,
      targetName: 'target',
      clientDecoder: decoders.client,
      targetDecoder: decoders.target,
      relay,
      gate,
      signal: new AbortController().signal,
      farewell: () => Buffer.alloc(0),
    });
    socket.resume();
    ends.push(await ended);
    relay.ended();
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const session = serve(socket).finally(() => sessions.delete(session));
    sessions.add(session);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));

  return {
    directory,
    ends,
    execs,
    async run(program, args, input) {
      const env = { ...process.env, STAND_IN_SOCKET: path, RSYNC_RSH: STAND_IN };
      const outcome = await new Promise<Outcome>((resolve) => {
        const child = execFile(program, args, { cwd: directory, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
          resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 255, stdout, stderr }),
        );
        child.stdin?.end(input ?? '');
      });
      await Promise.all(sessions);
      return outcome;
    },
    async close() {
      server.close();
      for (const child of children) child.kill();
      await Promise.all(sessions);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The stand-in's arguments; what follows them stays in the socket. */
function firstLine(socket: Socket): Promise<readonly string[]> {
  return new Promise((resolve) => {
    let seen = Buffer.alloc(0);
    const take = (chunk: Buffer): void => {
      seen = Buffer.concat([seen, chunk]);
      const end = seen.indexOf(0x0a);
      if (end < 0) return;
      socket.off('data', take);
      socket.pause();
      if (seen.length > end + 1) socket.unshift(seen.subarray(end + 1));
      resolve(JSON.parse(seen.subarray(0, end).toString()) as string[]);
    };
    socket.on('data', take);
  });
}
