import type { ApprovalState } from '@sallyport/core';
import { Command, Option } from 'commander';
import { type Approval, getApproval, listApprovals } from '../approval-source.ts';
import { parseCount } from '../output/count.ts';
import { inColour } from '../output/state.ts';
import { localTime, print, printListing, say } from '../output/terminal.ts';
import { toJson, visible } from '../output/visible.ts';
import { openApi, type SiteOptions } from '../site.ts';

interface Options extends SiteOptions {
  readonly json?: boolean;
  readonly state?: ApprovalState;
  readonly limit: number;
  readonly reason?: string;
}

const STATES: readonly ApprovalState[] = ['pending', 'approved', 'denied', 'expired', 'cancelled'];

export function approvalsCommand(): Command {
  const command = new Command('approvals').description('see and decide what waits for an approval');
  command
    .command('list')
    .description('list approvals, newest first')
    .addOption(new Option('--state <state>', 'only these').choices(STATES))
    .option('--limit <number>', 'at most so many', parseCount, 100)
    .option('--json', 'as JSON')
    .action((_: Options, self: Command) => list(self.optsWithGlobals<Options>()));
  command
    .command('show')
    .description('show one approval with all that its approver should know')
    .argument('<id>')
    .option('--json', 'as JSON')
    .action((id: string, _: Options, self: Command) => show(id, self.optsWithGlobals<Options>()));
  for (const verdict of ['approve', 'deny'] as const) {
    command
      .command(verdict)
      .description(verdict === 'approve' ? 'let the command run (needs a token made with --can approve)' : 'refuse the command')
      .argument('<id>')
      .option('--reason <text>', 'why: it is recorded, and a denial shows it to the requester')
      .option('--json', 'as JSON')
      .action((id: string, _: Options, self: Command) => decide(id, verdict, self.optsWithGlobals<Options>()));
  }
  command
    .command('watch')
    .description('show approvals as they are asked for and decided, until Ctrl-C')
    .option('--json', 'one JSON object a line')
    .action((_: Options, self: Command) => watch(self.optsWithGlobals<Options>()));
  return command;
}

async function list(options: Options): Promise<void> {
  const approvals = await listApprovals(options, { limit: options.limit, ...(options.state !== undefined && { state: options.state }) });
  const columns = [
    { title: 'id', whole: true },
    { title: 'state', style: inColour },
    { title: 'identity' },
    { title: 'target' },
    { title: 'asked' },
    { title: 'rule' },
    { title: 'command' },
  ];
  await printListing(approvals, options, columns, (each) => [
    each.id,
    each.state,
    requester(each),
    each.target,
    localTime(each.requested_at),
    each.rule,
    each.command,
  ]);
}

async function show(id: string, options: Options): Promise<void> {
  const approval = await getApproval(options, id);
  if (options.json === true) return print(`${toJson(approval, 2)}\n`);
  const lines: readonly (readonly [string, string])[] = [
    ['approval', approval.id],
    ['state', approval.state + (approval.reason === null ? '' : `: ${approval.reason}`)],
    ['requester', requester(approval)],
    ['target', approval.target],
    ['session', approval.session],
    ['rule', approval.rule],
    ['asked', localTime(approval.requested_at)],
    ['expires', localTime(approval.expires_at)],
    ['needs', `${approval.count} of ${approval.groups.join(', ')}; grants ${approval.grant}`],
    ...approval.approvals.map(
      (vote) => [vote.verdict, `${vote.approver}, ${localTime(vote.at)}${vote.reason === null ? '' : `: ${vote.reason}`}`] as const,
    ),
    ...Object.entries(approval.context),
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  await print(lines.map(([name, value]) => `${visible(name).padEnd(width)}  ${visible(value)}\n`).join(''));
  await print(`\n${visible(approval.command)}\n`);
}

async function decide(id: string, verdict: 'approve' | 'deny', options: Options): Promise<void> {
  const api = await openApi(options, 'approve');
  const approval = await api.post<Approval>(`/api/v1/approvals/${encodeURIComponent(id)}`, { verdict, reason: options.reason ?? null });
  if (options.json === true) return print(`${toJson(approval, 2)}\n`);
  const missing = (approval.count ?? 1) - approval.approvals.filter((vote) => vote.verdict === 'approve').length;
  const state = approval.state === 'pending' ? `your vote counts, ${missing} more needed` : inColour(approval.state);
  await print(
    `${visible(approval.id)}: ${state} (${visible(requester(approval))} at ${visible(approval.target)}: ${visible(approval.command)})\n`,
  );
}

async function watch(options: Options): Promise<void> {
  const api = await openApi(options, 'approve');
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const seen = new Map<string, string>();
  const tell = async (approval: Approval): Promise<void> => {
    const news = `${approval.state} ${approval.approvals.length}`;
    if (seen.get(approval.id) === news) return;
    seen.set(approval.id, news);
    await print(options.json === true ? `${toJson(approval)}\n` : watchLine(approval));
  };
  for (const approval of await api.get<readonly Approval[]>('/api/v1/approvals?state=pending')) await tell(approval);
  if (process.stderr.isTTY) say('Watching; Ctrl-C ends.');
  for await (const approval of api.events<Approval>('/api/v1/approvals/watch', stop.signal)) await tell(approval);
}

function watchLine(approval: Approval): string {
  const at = localTime(approval.settled_at ?? approval.requested_at).slice(11);
  const who = `${requester(approval)}@${approval.target}`;
  return `${at} ${inColour(approval.state.padEnd(9))} ${visible(approval.id)}  ${visible(who)}  ${visible(approval.command)}\n`;
}

function requester(approval: Approval): string {
  return approval.acting_for === null || approval.acting_for === undefined
    ? approval.identity
    : `${approval.identity} for ${approval.acting_for}`;
}
