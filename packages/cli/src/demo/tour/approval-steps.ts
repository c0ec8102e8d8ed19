import { STORY } from '../story.ts';
import type { Running } from './client.ts';
import { refused, type Stage, type Step, said } from './step.ts';

const APPROVAL = /ap_\w+/;
/** Never the id of an approval: what a step names when none was asked for. */
const NONE = 'none';

/** What waits between the steps. */
interface Waiting {
  drop?: Running;
  approval?: string;
}

/** What waits for a person, and what happens then. */
export function approvalSteps(stage: Stage): readonly Step[] {
  const waiting: Waiting = {};
  return [dropWaits(stage, waiting), ownApprovalFails(stage, waiting), approverDecides(stage, waiting), approverDenies(stage)];
}

function dropWaits(stage: Stage, waiting: Waiting): Step {
  const { client, stack } = stage;
  return {
    title: 'alice drops a table, which needs a DBA',
    async play() {
      const drop = client.sql('alice', stack.tokens.alice, STORY.drop);
      const approval = await drop.heard(APPROVAL);
      Object.assign(waiting, { drop, approval });
      const listed = await client.sallyport(['approvals', 'list', '--state', 'pending']).outcome;
      return {
        shown: said(listed),
        claims: {
          'her client waits and names the approval': approval !== undefined,
          'it is listed with the statement': listed.stdout.includes(approval ?? NONE) && listed.stdout.includes(STORY.drop),
          'the table is still there': await tableIsThere(stage),
        },
      };
    },
  };
}

function ownApprovalFails(stage: Stage, waiting: Waiting): Step {
  const { client, stack } = stage;
  return {
    title: 'alice tries to approve it herself',
    async play() {
      const tried = await client.sallyport(['approvals', 'approve', waiting.approval ?? NONE], stack.tokens.aliceApproves).outcome;
      return {
        shown: said(tried),
        claims: { 'she is refused, exit code 3': tried.code === 3, 'the table is still there': await tableIsThere(stage) },
      };
    },
  };
}

function approverDecides(stage: Stage, waiting: Waiting): Step {
  const { client, stack } = stage;
  return {
    title: 'dana, a DBA, approves it from another process',
    async play() {
      const args = ['approvals', 'approve', waiting.approval ?? NONE, '--reason', 'archived last week'];
      const approved = await client.sallyport(args, stack.tokens.danaApproves).outcome;
      const dropped = await waiting.drop?.outcome;
      return {
        shown: `${said(approved)}${dropped === undefined ? '' : said(dropped)}`,
        claims: {
          'her approval counts': approved.code === 0,
          "alice's client ends well": dropped?.code === 0 && said(dropped).includes('DROP TABLE'),
          'the table is gone': !(await tableIsThere(stage)),
        },
      };
    },
  };
}

function approverDenies({ client, stack }: Stage): Step {
  return {
    title: 'bob adds a column, dana says no',
    async play() {
      const alter = client.sql('bob', stack.tokens.bob, STORY.alter);
      const args = ['approvals', 'deny', (await alter.heard(APPROVAL)) ?? NONE, '--reason', 'not before the release'];
      await client.sallyport(args, stack.tokens.danaApproves).outcome;
      const denied = await alter.outcome;
      const columns = await client.sql('alice', stack.tokens.alice, STORY.newColumns).outcome;
      return {
        shown: said(denied),
        claims: {
          "his client gets an error with dana's reason": refused(denied) && denied.stderr.includes('not before the release'),
          'there is no such column': /^0$/m.test(columns.stdout),
        },
      };
    },
  };
}

async function tableIsThere({ client, stack }: Stage): Promise<boolean> {
  const seen = await client.sql('alice', stack.tokens.alice, STORY.tables).outcome;
  if (!/^[01]$/m.test(seen.stdout)) throw new Error(`alice could not look for the table: ${said(seen).trim()}`);
  return /^1$/m.test(seen.stdout);
}
