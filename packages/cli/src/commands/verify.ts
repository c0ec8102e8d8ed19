import { createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { DamageError } from '@sallyport/core';
import type { Finding, Verification } from '@sallyport/recording';
import { Command } from 'commander';
import colours from 'picocolors';
import { readAnchor, saveAnchor } from '../anchor-file.ts';
import { CliError, EXIT } from '../exit.ts';
import { counted } from '../output/count.ts';
import { print, say } from '../output/terminal.ts';
import { toJson, visible } from '../output/visible.ts';
import { findSession } from '../session-names.ts';
import { loadSite, type SiteOptions, withStore } from '../site.ts';

interface Options extends SiteOptions {
  readonly pubkey?: string;
  readonly anchor?: string;
  readonly saveAnchor?: string;
  readonly json?: boolean;
}

export function verifyCommand(): Command {
  return new Command('verify')
    .description('check that the record is as the gateway left it: everything, one session, or an exported file')
    .argument('[what]', 'a session (id, the beginning of one, or `last`) or an exported file')
    .option('--pubkey <file>', "the gateway's public key, kept elsewhere: without it the record only vouches for itself")
    .option('--anchor <file>', 'what --save-anchor wrote: the log must still be the one it was then')
    .option('--save-anchor <file>', 'when all is well, write where the log ends now; keep it on another machine')
    .option('--json', 'as JSON')
    .action(async (what: string | undefined, _: Options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const result = await verify(what, options);
      await print(options.json === true ? `${toJson(result, 2)}\n` : `${summary(what, result)}\n`);
      if (result.ok) return;
      if (options.json !== true) for (const finding of result.findings) say(findingText(finding));
      process.exitCode = EXIT.unverified;
    });
}

async function verify(what: string | undefined, options: Options): Promise<Verification> {
  const recording = await import('@sallyport/recording');
  const trust = {
    ...(options.pubkey !== undefined && { publicKey: await readPublicKey(options.pubkey) }),
    ...(options.anchor !== undefined && { anchor: await readAnchor(options.anchor) }),
  };
  if (what !== undefined && existsSync(what)) {
    if (options.anchor ?? options.saveAnchor)
      throw new CliError('An anchor vouches for the log, and an exported file has none: verify the data_dir.', EXIT.usage);
    return recording.verifyFile(what, trust);
  }
  const site = await loadSite(options);
  try {
    return await withStore(site, 'read', async (store) => {
      // Taken before the check, so that what it vouches for has been checked.
      const anchor = options.saveAnchor === undefined ? undefined : await recording.takeAnchor(store);
      const result = await (what === undefined
        ? recording.verifyAll(store, trust)
        : recording.verifySession(store, (await findSession(store, what)).id, trust));
      if (options.saveAnchor !== undefined && anchor !== undefined && result.ok) await saveAnchor(options.saveAnchor, anchor);
      return result;
    });
  } catch (error) {
    if (error instanceof DamageError) return recording.unreadable(error);
    throw error;
  }
}

async function readPublicKey(file: string): Promise<KeyObject> {
  try {
    const key = createPublicKey(await readFile(file));
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it is a ${key.asymmetricKeyType ?? 'secret'} key`);
    return key;
  } catch (cause) {
    throw new CliError(`${file} is no public key of a gateway: ${(cause as Error).message}.`, EXIT.failed, { cause });
  }
}

function summary(what: string | undefined, { ok, verdict, sessions, findings }: Verification): string {
  const scope = what === undefined ? `${counted(sessions, 'session')} and the log` : visible(what);
  if (ok) return `${colours.green(verdict)}: ${scope}`;
  return `${colours.red(verdict)}: ${scope}, ${counted(findings.length, 'finding')}`;
}

function findingText({ session, seq, entry, what }: Finding): string {
  const place = [
    ...(session === null ? [] : [`session ${session}`]),
    ...(seq === null ? [] : [`record ${seq}`]),
    ...(entry === null ? [] : [`log entry ${entry}`]),
  ];
  return visible(`${place.length > 0 ? `${place.join(', ')}: ` : ''}${what}`);
}
