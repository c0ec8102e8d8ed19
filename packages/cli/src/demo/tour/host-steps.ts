import { STORY } from '../story.ts';
import type { Running } from './client.ts';
import { type Stage, type Step, said } from './step.ts';

const APPROVAL = /ap_\w+/;
/** Never the id of an approval, or of a session. */
const NONE = 'none';

/** What waits between the steps. */
interface Waiting {
  restart?: Running;
  approval?: string | undefined;
}

/** The same before a host: what a program says, who may run what, what is left of it. */
export function hostSteps(stage: Stage): readonly Step[] {
  const waiting: Waiting = {};
  return [secretPrinted(stage), agentRefused(stage), restartWaits(stage, waiting), approverDecides(stage, waiting), replayed(stage)];
}

function secretPrinted({ client, stack }: Stage): Step {
  return {
    title: 'alice runs a command on the shop’s host, with ssh; what it prints holds a secret',
    async play() {
      const seen = await client.ssh(stack.tokens.alice, STORY.printKey).outcome;
      return {
        shown: said(seen),
        claims: {
          'the command runs': seen.code === 0 && seen.stdout.includes('the key is'),
          'the secret does not come through': !seen.stdout.includes(STORY.key),
        },
      };
    },
  };
}

function agentRefused({ client, stack }: Stage): Step {
  return {
    title: 'copilot may look, and nothing else',
    async play() {
      const looked = await client.sallyport(['exec', 'shop-host', '--', STORY.look], stack.tokens.copilot).outcome;
      const refused = await client.sallyport(['exec', 'shop-host', '--', STORY.remove], stack.tokens.copilot).outcome;
      return {
        shown: `${said(looked)}${said(refused)}`,
        claims: {
          'it sees what runs': looked.code === 0,
          'it is refused with the reason, exit code 126': refused.code === 126 && /agents only look/.test(refused.stderr),
        },
      };
    },
  };
}

function restartWaits({ client, stack }: Stage, waiting: Waiting): Step {
  return {
    title: 'alice restarts the shop, which needs a DBA',
    async play() {
      waiting.restart = client.ssh(stack.tokens.alice, stack.host?.restart ?? NONE);
      waiting.approval = await waiting.restart.heard(APPROVAL);
      const listed = await client.sallyport(['approvals', 'list', '--state', 'pending']).outcome;
      return {
        shown: said(listed),
        claims: {
          'her terminal waits and names the approval': waiting.approval !== undefined,
          'it is listed with the command': listed.stdout.includes(waiting.approval ?? NONE),
        },
      };
    },
  };
}

function approverDecides({ client, stack }: Stage, waiting: Waiting): Step {
  return {
    title: 'dana approves it',
    async play() {
      const approved = await client.sallyport(['approvals', 'approve', waiting.approval ?? NONE], stack.tokens.danaApproves).outcome;
      const restarted = await waiting.restart?.outcome;
      return {
        shown: `${said(approved)}${restarted === undefined ? '' : said(restarted)}`,
        claims: { 'then it runs, and alice sees what it says': restarted?.code === 0 && restarted.stdout.includes('being restarted') },
      };
    },
  };
}

function replayed({ client }: Stage): Step {
  return {
    title: 'her first session there is replayed',
    async play() {
      const listed = await client.sallyport(['sessions', 'list', '--user', 'alice', '--target', 'shop-host', '--json']).outcome;
      const sessions = JSON.parse(listed.stdout) as readonly { readonly id: string }[];
      const replay = await client.sallyport(['replay', sessions.at(-1)?.id ?? NONE, '--no-wait']).outcome;
      return {
        shown: said(replay),
        claims: {
          'it shows the command and its output': replay.code === 0 && replay.stdout.includes('the key is [redacted]'),
          'the secret is not in the record': !said(replay).includes(STORY.key),
        },
      };
    },
  };
}
