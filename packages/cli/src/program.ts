import { Command, CommanderError } from 'commander';
import { commandFirst } from './arguments.ts';
import { approvalsCommand } from './commands/approvals.ts';
import { caCommand } from './commands/ca.ts';
import { configCommand } from './commands/config.ts';
import { connectCommand } from './commands/connect.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { execCommand } from './commands/exec.ts';
import { initCommand } from './commands/init.ts';
import { loginCommands } from './commands/login.ts';
import { policyCommand } from './commands/policy.ts';
import { replayCommand } from './commands/replay.ts';
import { serveCommand } from './commands/serve.ts';
import { sessionsCommand } from './commands/sessions.ts';
import { targetsCommand } from './commands/targets.ts';
import { tokenCommand } from './commands/token.ts';
import { verifyCommand } from './commands/verify.ts';
import { EXIT, exitCode, sentence } from './exit.ts';
import { leaveWithReader, say } from './output/terminal.ts';
import { visibleLines } from './output/visible.ts';
import { VERSION } from './version.ts';

const EPILOGUE = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 denied, 4 verification failed.
Environment: SALLYPORT_CONFIG, SALLYPORT_TOKEN, SALLYPORT_URL, NO_COLOR.`;

/** The whole command line. What a command needs beyond its options is loaded when it runs. */
export function createProgram(): Command {
  const program = new Command('sallyport')
    .description('A gateway that decides, masks, holds and records what passes to your infrastructure.')
    .version(VERSION, '--version', 'show the version')
    .option('--config <file>', 'the configuration (default: $SALLYPORT_CONFIG, then ./sallyport.yaml)')
    .addHelpText('after', EPILOGUE);
  const commands = [
    initCommand(),
    serveCommand(),
    demoCommand(),
    configCommand(),
    doctorCommand(),
    tokenCommand(),
    ...loginCommands(),
    targetsCommand(),
    connectCommand(),
    execCommand(),
    approvalsCommand(),
    sessionsCommand(),
    replayCommand(),
    verifyCommand(),
    policyCommand(),
    caCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of everyCommand(program)) {
    command.exitOverride().configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'sallyport: ')) });
    command.helpOption('-h, --help', 'show this help');
  }
  return program;
}

/**
 * Runs one command line and sets the process's exit code. Errors are one sentence on stderr.
 *
 * @param argv without the program's own name.
 */
export async function run(argv: readonly string[]): Promise<void> {
  leaveWithReader();
  const program = createProgram();
  try {
    await program.parseAsync(commandFirst(program, argv), { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
      return;
    }
    say(`sallyport: ${visibleLines(sentence(error))}`);
    if (process.env['SALLYPORT_DEBUG'] !== undefined) console.error(error);
    process.exitCode = exitCode(error);
  }
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
