import { setTimeout as delay } from 'node:timers/promises';
import { STORY } from '../story.ts';
import type { Running } from './client.ts';
import { firstCustomer, leaks, type Stage, type Step, said } from './step.ts';

/** Never the id of an approval, or of a session. */
const NONE = 'none';
const LOOKS = 50;
const LOOK_AGAIN_MS = 100;

/** What waits between the steps. */
interface Waiting {
  drop?: Running;
  approval?: string | undefined;
}

/** The same rules before MariaDB: who sees what, what waits, what is left of it. */
export function callsSteps(stage: Stage): readonly Step[] {
  const waiting: Waiting = {};
  return [callsRead(stage), dropWaits(stage, waiting), approverDecides(stage, waiting), replayed(stage)];
}

function callsRead({ client, stack }: Stage): Step {
  return {
    title: 'alice reads who called, from MariaDB with its own client',
    async play() {
      const { name, card } = firstCustomer();
      const seen = await client.mysql(stack.tokens.alice, STORY.readCalls).outcome;
      return {
        shown: said(seen),
        claims: {
          'her query succeeds and names are readable': seen.code === 0 && seen.stdout.includes(name),
          'no e-mail address, phone number or card comes through': seen.code === 0 && !leaks(seen.stdout, 'email', 'phone', 'card'),
          'of a card only the last digits are left': seen.stdout.includes(card.slice(-4)),
        },
      };
    },
  };
}

function dropWaits(stage: Stage, waiting: Waiting): Step {
  const { client, stack } = stage;
  return {
    title: 'she drops a table there; MySQL has no words for why the client waits',
    async play() {
      waiting.drop = client.mysql(stack.tokens.alice, STORY.dropCalls);
      waiting.approval = await pendingApproval(stage);
      const shown = await client.sallyport(['approvals', 'list', '--state', 'pending']).outcome;
      return {
        shown: said(shown),
        claims: {
          'it is listed with the statement': waiting.approval !== undefined,
          'the table is still there': await tableIsThere(stage),
        },
      };
    },
  };
}

function approverDecides(stage: Stage, waiting: Waiting): Step {
  const { client, stack } = stage;
  return {
    title: 'dana approves it',
    async play() {
      const approved = await client.sallyport(['approvals', 'approve', waiting.approval ?? NONE], stack.tokens.danaApproves).outcome;
      const dropped = await waiting.drop?.outcome;
      return {
        shown: `${said(approved)}${dropped === undefined ? '' : said(dropped)}`,
        claims: {
          "alice's client ends well": approved.code === 0 && dropped?.code === 0,
          'the table is gone': !(await tableIsThere(stage)),
        },
      };
    },
  };
}

function replayed({ client }: Stage): Step {
  return {
    title: 'her first session there is replayed',
    async play() {
      const listed = await client.sallyport(['sessions', 'list', '--user', 'alice', '--target', 'shop-calls', '--json']).outcome;
      const sessions = JSON.parse(listed.stdout) as readonly { readonly id: string }[];
      const replay = await client.sallyport(['replay', sessions.at(-1)?.id ?? NONE, '--no-wait']).outcome;
      return {
        shown: said(replay),
        claims: {
          'it shows the rows': replay.code === 0 && replay.stdout.includes(firstCustomer().name),
          'as alice saw them: masked': !leaks(said(replay), 'email', 'phone', 'card'),
        },
      };
    },
  };
}

/** The approval that her statement waits for; undefined when none is asked for in time. */
async function pendingApproval({ client }: Stage): Promise<string | undefined> {
  for (let look = 0; look < LOOKS; look += 1) {
    const { stdout } = await client.sallyport(['approvals', 'list', '--state', 'pending', '--json']).outcome;
    const found = (JSON.parse(stdout) as readonly { readonly id: string; readonly command: string }[]).find(
      ({ command }) => command === STORY.dropCalls,
    );
    if (found !== undefined) return found.id;
    await delay(LOOK_AGAIN_MS);
  }
  return undefined;
}

async function tableIsThere({ client, stack }: Stage): Promise<boolean> {
  const seen = await client.mysql(stack.tokens.alice, STORY.callTables).outcome;
  if (seen.code !== 0) throw new Error(`alice could not look for the table: ${said(seen).trim()}`);
  return /^calls_2019$/m.test(seen.stdout);
}
