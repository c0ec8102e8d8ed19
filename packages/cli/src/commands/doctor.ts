import { Command } from 'commander';
import { type Finding, finding } from '../doctor/finding.ts';
import { CliError, EXIT } from '../exit.ts';
import { print, say } from '../output/terminal.ts';
import { toJson } from '../output/visible.ts';
import { findConfig, loadSite, type SiteOptions } from '../site.ts';

interface Options extends SiteOptions {
  readonly json?: boolean;
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look for what is wrong with the gateway and its targets, and say how to mend it; changes nothing')
    .argument('[targets...]', 'only these (default: the gateway itself and all targets)')
    .option('--json', 'as JSON')
    .action(async (targets: string[], _: Options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const findings = await examineSite(targets, options);
      if (findings.some(({ level }) => level === 'problem')) process.exitCode = EXIT.failed;
      if (options.json === true) return print(`${toJson(findings, 2)}\n`);
      const { renderReport } = await import('../doctor/report.ts');
      await print(renderReport(findings));
    });
}

async function examineSite(names: readonly string[], options: Options): Promise<readonly Finding[]> {
  const [{ ConfigError, formatProblem }, { examine }] = await Promise.all([
    import('@sallyport/gateway'),
    import('../doctor/examination.ts'),
  ]);
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(new CliError('Interrupted.'));
  process.once('SIGINT', interrupt);
  try {
    const site = await loadSite(options);
    const unknown = names.find((name) => !site.config.targets.some((target) => target.name === name));
    if (unknown !== undefined) {
      const known = site.config.targets.map(({ name }) => name).join(', ') || 'none';
      throw new CliError(`There is no target '${unknown}' in ${findConfig(options)}. Targets: ${known}.`, EXIT.usage);
    }
    return await examine(site, names, say, interrupted.signal);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => finding(null, { check: 'configuration', level: 'problem', message: formatProblem(problem) }));
  } finally {
    process.off('SIGINT', interrupt);
  }
}
