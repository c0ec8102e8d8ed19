import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { CliError } from '../exit.ts';
import { print, say } from '../output/terminal.ts';
import { findConfig, loadSite, type SiteOptions } from '../site.ts';

interface Options extends SiteOptions {
  readonly knownHosts?: boolean;
}

export function caCommand(): Command {
  const command = new Command('ca').description("print the CA that the gateway's certificate chains to, for clients to trust (PEM)");
  command.action(async (_: Options, self: Command) => {
    const { openKeys } = await import('@sallyport/identity');
    const { config } = await loadSite(self.optsWithGlobals<Options>());
    await print(await readFile((await openKeys(config.dataDir)).caFile, 'utf8'));
  });
  command
    .command('forward')
    .description('print the CA of the forward proxy, for clients of HTTPS_PROXY to trust (PEM); made once, signs for the listed hosts only')
    .action((_: SiteOptions, self: Command) => printForwardAuthority(self.optsWithGlobals<SiteOptions>()));
  command
    .command('ssh')
    .description("print the gateway's SSH host keys; made once")
    .option('--known-hosts', 'as lines of a known_hosts file, one for each address where SSH is served')
    .action((_: Options, self: Command) => printHostKeys(self.optsWithGlobals<Options>()));
  return command;
}

async function printForwardAuthority(options: SiteOptions): Promise<void> {
  const [{ openKeys }, { forwardAuthorityOf }] = await Promise.all([import('@sallyport/identity'), import('@sallyport/gateway')]);
  const { config, protocols } = await loadSite(options);
  const authority = await forwardAuthorityOf(config, await openKeys(config.dataDir), protocols);
  if (authority === undefined) {
    throw new CliError(
      `There is no forward CA: no target in ${findConfig(options)} has \`forward: true\`, so no TLS is ended in another's place.`,
    );
  }
  say(authority.caFile);
  await print(await readFile(authority.caFile, 'utf8'));
}

async function printHostKeys(options: Options): Promise<void> {
  const { openKeys } = await import('@sallyport/identity');
  const { config } = await loadSite(options);
  const lines = (await (await openKeys(config.dataDir)).sshHostKeys()).map(({ publicLine }) => publicLine);
  const served = [...new Set(config.targets.filter(({ protocol }) => protocol === 'ssh').map(({ listen }) => knownHost(listen)))];
  const named = options.knownHosts === true ? served.flatMap((host) => lines.map((line) => `${host} ${line}`)) : lines;
  await print(named.map((line) => `${line}\n`).join(''));
}

/** `[127.0.0.1]:12222`; the standard port is left out. */
function knownHost(listen: string): string {
  const colon = listen.lastIndexOf(':');
  const host = listen.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = listen.slice(colon + 1);
  return port === '22' ? host : `[${host}]:${port}`;
}
