import { STORY } from '../story.ts';
import { firstCustomer, leaks, refused, type Stage, type Step, said } from './step.ts';

/** Who sees what, and what an agent may not do. */
export function readingSteps(stage: Stage): readonly Step[] {
  return [developerReads(stage), supportReads(stage), agentDeletes(stage)];
}

function developerReads({ client, stack }: Stage): Step {
  return {
    title: 'alice, a developer, reads customers',
    async play() {
      const { name, card } = firstCustomer();
      const seen = await client.sql('alice', stack.tokens.alice, STORY.read).outcome;
      return {
        shown: said(seen),
        claims: {
          'her query succeeds and names are readable': seen.code === 0 && seen.stdout.includes(name),
          'no e-mail address, phone number or note comes through': seen.code === 0 && !leaks(seen.stdout, 'email', 'phone', 'notes'),
          'of a card only the last digits are left': seen.stdout.includes(card.slice(-4)) && !leaks(seen.stdout, 'card'),
        },
      };
    },
  };
}

function supportReads({ client, stack }: Stage): Step {
  return {
    title: 'bob, in support, reads the same',
    async play() {
      const { email, phone } = firstCustomer();
      const seen = await client.sql('bob', stack.tokens.bob, STORY.read).outcome;
      return {
        shown: said(seen),
        claims: {
          'he sees how to reach the customer': seen.stdout.includes(email) && seen.stdout.includes(phone),
          'but no card number and no note': seen.code === 0 && !leaks(seen.stdout, 'card', 'notes'),
        },
      };
    },
  };
}

function agentDeletes({ client, stack }: Stage): Step {
  return {
    title: 'copilot, an agent, deletes every order',
    async play() {
      const denied = await client.sql('copilot', stack.tokens.copilot, STORY.deleteAll).outcome;
      const count = await client.sql('alice', stack.tokens.alice, STORY.countOrders).outcome;
      return {
        shown: said(denied),
        claims: {
          'it is denied': refused(denied),
          "with the rule's own words": denied.stderr.includes('add a WHERE clause'),
          'all 900 orders are still there': /^900$/m.test(count.stdout),
        },
      };
    },
  };
}
