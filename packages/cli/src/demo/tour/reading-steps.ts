import { STORY } from '../story.ts';
import { firstCustomer, leaks, refused, type Stage, type Step, said } from './step.ts';

/** Who sees what, and what an agent may not do. */
export function readingSteps(stage: Stage): readonly Step[] {
  return [developerReads(stage), supportReads(stage), secretsInText(stage), tokensJoin(stage), agentDeletes(stage)];
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

function secretsInText({ client, stack }: Stage): Step {
  return {
    title: 'alice reads the inbox, where people write what they should not',
    async play() {
      const seen = await client.sql('alice', stack.tokens.alice, STORY.inbox).outcome;
      return {
        shown: said(seen),
        claims: {
          'the words are there, with dates, serial and version numbers':
            seen.stdout.includes('Order 114 of 2026-03-02') && seen.stdout.includes('Serial number 2026-0042-17, version 1.4.2'),
          'the cloud key, the card and the password are not':
            seen.code === 0 && !/AKIA|4111|Tulip/.test(seen.stdout) && seen.stdout.includes('like last time'),
        },
      };
    },
  };
}

function tokensJoin({ client, stack }: Stage): Step {
  return {
    title: 'alice finds a customer by a tax number that she has never seen',
    async play() {
      const { name, taxId } = firstCustomer();
      const seen = await client.sql('alice', stack.tokens.alice, STORY.taxIds).outcome;
      const [token = 'none'] = /mt_[\w-]+/.exec(seen.stdout) ?? [];
      const found = await client.sql('alice', stack.tokens.alice, `SELECT name FROM customers WHERE tax_id = '${token}'`).outcome;
      const stored = await client.sql('alice', stack.tokens.alice, `UPDATE customers SET tax_id = '${token}' WHERE id = 2`).outcome;
      return {
        shown: `${said(seen)}${said(found)}${said(stored)}`,
        claims: {
          'the number comes as a token': seen.code === 0 && token !== 'none' && !seen.stdout.includes(taxId),
          'with which WHERE finds the row': found.stdout.includes(name),
          'and which cannot be stored in place of a number': refused(stored),
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
