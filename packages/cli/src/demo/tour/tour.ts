import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import colours from 'picocolors';
import { sentence } from '../../exit.ts';
import { formatDuration } from '../../output/duration.ts';
import { print, say } from '../../output/terminal.ts';
import { visibleLines } from '../../output/visible.ts';
import { freePort } from '../../port.ts';
import { untilSignal } from '../../running-gateway.ts';
import { noMariadb } from '../mariadb.ts';
import { noSshd } from '../sshd.ts';
import { startDemo } from '../stack.ts';
import { approvalSteps } from './approval-steps.ts';
import { callsSteps } from './calls-steps.ts';
import { Client, hasProgram } from './client.ts';
import { evidenceSteps } from './evidence-steps.ts';
import { forwardSteps } from './forward-steps.ts';
import { hostSteps } from './host-steps.ts';
import { readingSteps } from './reading-steps.ts';
import type { Finding, Stage, Step } from './step.ts';
import { webSteps } from './web-steps.ts';

/** Lines of what came back that are shown of each step. */
const SHOWN_LINES = 12;

/**
 * Plays the demo's story by itself and prints what was expected and what came back.
 *
 * @returns the exit code: 0 only when every step showed what it claims.
 */
export async function playTour(): Promise<number> {
  const began = Date.now();
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-tour-'));
  try {
    const psql = await hasProgram('psql');
    const mysql = (await hasProgram('mysql')) || (await hasProgram('mariadb'));
    const ssh = await hasProgram('ssh', '-V');
    const curl = await hasProgram('curl');
    for (const [name, here] of Object.entries({ psql, mysql, ssh, curl })) {
      if (!here) say(`${name} is not installed here: sallyport exec stands in for it.`);
    }
    const stack = await startDemo({
      folder,
      port: await freePort(),
      mysqlPort: await freePort(),
      sshPort: await freePort(),
      httpPort: await freePort(),
      modelPort: await freePort(),
      forwardPort: await freePort(),
      adminPort: await freePort(),
    });
    if (stack.ports.mysql === undefined) say(noMariadb());
    if (stack.ports.ssh === undefined) say(noSshd());
    say(`A shop and a gateway are up after ${formatDuration(Date.now() - began)}.`);
    const over = new AbortController();
    let failed: number | undefined;
    try {
      const played = playAll(steps({ stack, client: new Client(stack, { psql, mysql, ssh, curl }), folder }), over.signal);
      failed = (await Promise.race([played, untilSignal(stack.gateway)])) ?? undefined;
    } finally {
      over.abort();
      await stack.stop();
    }
    if (failed === undefined) return 1;
    const verdict =
      failed === 0 ? colours.green('Every step showed what it claims.') : colours.red(`${failed} steps did not show what they claim.`);
    await print(`\n${verdict} ${formatDuration(Date.now() - began)} in all.\n`);
    return failed === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** In their order: later steps look at what earlier ones left. */
function steps(stage: Stage): readonly Step[] {
  const calls = stage.stack.ports.mysql === undefined ? [] : callsSteps(stage);
  const host = stage.stack.ports.ssh === undefined ? [] : hostSteps(stage);
  return [
    ...readingSteps(stage),
    ...approvalSteps(stage),
    ...calls,
    ...host,
    ...webSteps(stage),
    ...forwardSteps(stage),
    ...evidenceSteps(stage),
  ];
}

/**
 * @param over aborted when no further step shall begin
 * @returns how many steps failed
 */
async function playAll(all: readonly Step[], over: AbortSignal): Promise<number> {
  let failed = 0;
  for (const [at, step] of all.entries()) {
    if (over.aborted) break;
    const began = Date.now();
    await print(`\n${colours.bold(`${at + 1}. ${step.title}`)}\n`);
    const finding = await step.play().catch((error: unknown): Finding => ({ shown: sentence(error), claims: { 'the step runs': false } }));
    await print(excerpt(finding.shown));
    const claims = Object.entries(finding.claims);
    for (const [claim, held] of claims) await print(`   ${held ? colours.green('✓') : colours.red('✗')} ${claim}\n`);
    await print(colours.dim(`   ${formatDuration(Date.now() - began)}\n`));
    if (claims.some(([, held]) => !held)) failed += 1;
  }
  return failed;
}

function excerpt(text: string): string {
  const lines = visibleLines(text.trim()).split('\n');
  const shown = lines.slice(0, SHOWN_LINES);
  if (lines.length > SHOWN_LINES) shown.push(`… ${lines.length - SHOWN_LINES} more lines`);
  return shown.map((line) => `   ${colours.dim('│')} ${line}\n`).join('');
}
