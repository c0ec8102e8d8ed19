import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { STORY } from '../story.ts';
import { firstCustomer, leaks, type Stage, type Step, said } from './step.ts';

/** The statement as recorded: over protected data its literals are left out. */
const RECORDED = STORY.read.replace(/\d+$/, '?');

/** Which session the steps speak of. */
interface Subject {
  session: string;
}

/** What is left of it all, and how one sees that nobody touched it. */
export function evidenceSteps(stage: Stage): readonly Step[] {
  const subject: Subject = { session: 'none' };
  return [replayed(stage, subject), found(stage), verified(stage), tampered(stage, subject)];
}

function replayed({ client }: Stage, subject: Subject): Step {
  return {
    title: "the record of alice's first session is replayed",
    async play() {
      const listed = await client.sallyport(['sessions', 'list', '--user', 'alice', '--json']).outcome;
      const sessions = JSON.parse(listed.stdout) as readonly { readonly id: string }[];
      subject.session = sessions.at(-1)?.id ?? subject.session;
      const replay = await client.sallyport(['replay', subject.session, '--no-wait']).outcome;
      return {
        shown: said(replay),
        claims: {
          'it shows the statement and its rows': replay.stdout.includes(RECORDED) && replay.stdout.includes(firstCustomer().name),
          'as alice saw them: masked': replay.code === 0 && !leaks(replay.stdout, 'email', 'phone', 'card', 'notes'),
        },
      };
    },
  };
}

function found({ client }: Stage): Step {
  return {
    title: 'the record says who did it and who approved it',
    async play() {
      const search = await client.sallyport(['sessions', 'search', STORY.drop]).outcome;
      const approvals = await client.sallyport(['approvals', 'list', '--state', 'approved', '--json']).outcome;
      const rows = JSON.parse(approvals.stdout) as readonly {
        command: string;
        identity: string;
        approvals: readonly { approver: string }[];
      }[];
      const row = rows.find((each) => each.command === STORY.drop);
      return {
        shown: said(search),
        claims: {
          'the statement is found in a session of alice': search.stdout.includes('alice') && search.stdout.includes(STORY.drop),
          'dana stands there as its approver': row?.identity === 'alice' && row.approvals[0]?.approver === 'dana',
        },
      };
    },
  };
}

function verified({ client, stack }: Stage): Step {
  return {
    title: 'the whole record is verified with the public key',
    async play() {
      const all = await client.sallyport(['verify', '--pubkey', stack.gateway.publicKeyFile]).outcome;
      return { shown: said(all), claims: { 'it says verified, exit code 0': all.code === 0 && all.stdout.startsWith('verified') } };
    },
  };
}

function tampered({ client, stack, folder }: Stage, subject: Subject): Step {
  const file = join(folder, 'session.json');
  const verify = ['verify', file, '--pubkey', stack.gateway.publicKeyFile];
  return {
    title: 'somebody changes one byte in a copy',
    async play() {
      await client.sallyport(['sessions', 'export', subject.session, '--output', file]).outcome;
      const before = await client.sallyport(verify).outcome;
      await changeOneByte(file);
      const after = await client.sallyport(verify).outcome;
      return {
        shown: said(after),
        claims: {
          'the untouched copy verifies': before.code === 0,
          'the changed one does not, exit code 4': after.code === 4,
          'and the session is named': said(after).includes(subject.session),
        },
      };
    },
  };
}

/** Changes one byte inside the recorded statement. */
async function changeOneByte(file: string): Promise<void> {
  const bytes = await readFile(file);
  const at = bytes.indexOf(RECORDED);
  if (at < 0) throw new Error(`${file} does not hold the statement`);
  bytes.write('s', at);
  await writeFile(file, bytes);
}
