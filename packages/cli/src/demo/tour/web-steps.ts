import { STORY } from '../story.ts';
import { firstCustomer, leaks, type Stage, type Step, said } from './step.ts';

const APPROVAL = /ap_\w+/;
/** Never the id of an approval, or of a session. */
const NONE = 'none';
/** What the model says without being asked to keep it to itself. */
const SAID_BY_MODEL = ['carol.jones@example.com', '4111 1111 1111 1111', STORY.key];

/** The same before an API, a language model and a Git repository. */
export function webSteps(stage: Stage): readonly Step[] {
  const push = stage.stack.api?.git === true ? [pushDenied(stage)] : [];
  return [customersMasked(stage), deleteDenied(stage), changeApproved(stage), ...push, modelMasked(stage), conversationReplayed(stage)];
}

function customersMasked({ client, stack }: Stage): Step {
  return {
    title: 'alice asks the shop’s API for customers, with curl',
    async play() {
      const seen = await client.http(stack.tokens.alice, 'shop-api', STORY.customers).outcome;
      const alone = await fetch(`http://127.0.0.1:${stack.api?.port}${STORY.customers}`, {
        headers: { authorization: `Bearer ${stack.tokens.alice}` },
      });
      return {
        shown: said(seen),
        claims: {
          'rows come back': seen.code === 0 && seen.stdout.includes(firstCustomer().name),
          'e-mail, phone and card number are masked': !leaks(seen.stdout, 'email', 'phone', 'card'),
          'the API itself would not know her: the gateway signs in there': alone.status === 401,
        },
      };
    },
  };
}

function deleteDenied({ client, stack }: Stage): Step {
  return {
    title: 'copilot deletes a customer over HTTP',
    async play() {
      const denied = await client.http(stack.tokens.copilot, 'shop-api', STORY.customer, '-X', 'DELETE').outcome;
      const { rule } = JSON.parse(denied.stdout) as { readonly rule?: readonly string[] };
      return {
        shown: said(denied),
        claims: {
          'it is refused with the reason': denied.stdout.includes('ask the shop team'),
          'and the answer names the rule': rule?.[0] === 'customers are not deleted over HTTP',
        },
      };
    },
  };
}

function changeApproved({ client, stack }: Stage): Step {
  return {
    title: 'alice changes an order, which needs a DBA; dana approves it',
    async play() {
      const put = client.sallyport(
        ['exec', 'shop-api', '--', 'PUT', STORY.order, 'content-type: application/json'],
        stack.tokens.alice,
        STORY.paid,
      );
      const id = (await put.heard(APPROVAL)) ?? NONE;
      const approved = await client.sallyport(['approvals', 'approve', id], stack.tokens.danaApproves).outcome;
      const changed = await put.outcome;
      return {
        shown: `${said(approved)}${said(changed)}`,
        claims: {
          'her command waits and names the approval': id !== NONE,
          'then the request goes out, with its body': changed.code === 0 && changed.stdout.includes('"state": "paid"'),
        },
      };
    },
  };
}

function pushDenied({ client, stack, folder }: Stage): Step {
  const script = [
    `git clone -q "$SALLYPORT_URL_SHOP_API/git/shop.git" '${folder}/shop' && cd '${folder}/shop'`,
    'git -c user.name=alice -c user.email=alice@example.com commit -q --allow-empty -m "A hasty change"',
    'git push -q origin main:refs/heads/idea && git push origin main',
  ].join(' && ');
  return {
    title: 'alice pushes with git, to a branch of hers and to main',
    async play() {
      const pushed = await client.sallyport(['connect', 'shop-api', '--', 'sh', '-c', script], stack.tokens.alice).outcome;
      const heads = await client.http(stack.tokens.alice, 'shop-api', '/git/shop.git/info/refs?service=git-upload-pack').outcome;
      return {
        shown: said(pushed),
        claims: {
          'her branch is there': heads.stdout.includes('refs/heads/idea'),
          'main is rejected by git, with the reason':
            pushed.code !== 0 && /\[remote rejected\] main -> main .*open a pull request/.test(pushed.stderr),
        },
      };
    },
  };
}

function modelMasked({ client, stack }: Stage): Step {
  return {
    title: 'copilot asks a language model, with a key in the prompt; the answer streams',
    async play() {
      const data = ['-H', 'content-type: application/json', '-d', STORY.question];
      const answer = await client.http(stack.tokens.copilot, 'shop-model', '/v1/chat/completions', ...data).outcome;
      const text = [...answer.stdout.matchAll(/"content":"((?:[^"\\]|\\.)*)"/g)].map(([, piece]) => piece).join('');
      return {
        shown: text,
        claims: {
          'it comes in pieces, to its end': answer.stdout.split('\n\n').length > 5 && answer.stdout.includes('data: [DONE]'),
          'e-mail address, card number and key are masked across the pieces':
            text !== '' && !SAID_BY_MODEL.some((each) => text.includes(each)),
          'the model never saw the key of the prompt':
            stack.model?.asked.length === 1 && !stack.model.asked.some((body) => body.includes(STORY.key)),
        },
      };
    },
  };
}

function conversationReplayed({ client }: Stage): Step {
  return {
    title: 'that session is replayed as a conversation, and exported as HAR',
    async play() {
      const listed = await client.sallyport(['sessions', 'list', '--target', 'shop-model', '--json']).outcome;
      const id = (JSON.parse(listed.stdout) as readonly { readonly id: string }[])[0]?.id ?? NONE;
      const replay = client.sallyport(['replay', id, '--no-wait']).outcome;
      const har = await client.sallyport(['sessions', 'export', '--format', 'har', id]).outcome;
      const { log } = JSON.parse(har.stdout) as {
        readonly log: { readonly entries: readonly { readonly response: { readonly status: number } }[] };
      };
      const shown = said(await replay);
      return {
        shown: shown.slice(shown.indexOf('conversation')),
        claims: {
          'it shows who said what': /user: Who paid last\?/.test(shown) && /assistant: .*Carol/.test(shown),
          'as copilot saw it: masked': !SAID_BY_MODEL.some((each) => (shown + har.stdout).includes(each)),
          'the HAR has the exchange': log.entries[0]?.response.status === 200,
        },
      };
    },
  };
}
