import { STORY } from '../story.ts';
import { firstCustomer, leaks, type Stage, type Step, said } from './step.ts';

type Forward = NonNullable<Stage['stack']['forward']>;

/** Never the id of a session. */
const NONE = 'none';

/** The same before hosts that clients reach by HTTPS_PROXY: the listed ones. */
export function forwardSteps(stage: Stage): readonly Step[] {
  const { forward } = stage.stack;
  if (forward === undefined) return [];
  return [parcelsMasked(stage, forward), ...(stage.client.curl ? [otherHostRefused(stage)] : []), replayed(stage)];
}

function parcelsMasked({ client, stack }: Stage, { parcels }: Forward): Step {
  return {
    title: 'alice asks the parcel service for parcels, with HTTPS_PROXY: TLS ends at the gateway, for this host',
    async play() {
      const seen = await client.forward(stack.tokens.alice, 'shop-parcels', parcels, STORY.parcels).outcome;
      return {
        shown: said(seen),
        claims: {
          'rows come back': seen.code === 0 && seen.stdout.includes(firstCustomer().name),
          'e-mail and phone are masked': !leaks(seen.stdout, 'email', 'phone'),
        },
      };
    },
  };
}

function otherHostRefused({ client, stack }: Stage): Step {
  return {
    title: 'copilot sends something to another host',
    async play() {
      const refused = await client.proxied(stack.tokens.copilot, STORY.unlisted, '-i', '-d', 'customers').outcome;
      return {
        shown: said(refused),
        claims: {
          'nothing leaves: the proxy refuses the host': refused.code !== 0 && said(refused).includes('403'),
          'and says why': said(refused).includes('No target here stands for files.example:443'),
        },
      };
    },
  };
}

function replayed({ client }: Stage): Step {
  return {
    title: 'what passed the proxy is on record, request by request',
    async play() {
      const listed = await client.sallyport(['sessions', 'list', '--target', 'shop-parcels', '--json']).outcome;
      const id = (JSON.parse(listed.stdout) as readonly { readonly id: string }[])[0]?.id ?? NONE;
      const shown = said(await client.sallyport(['replay', id, '--no-wait']).outcome);
      return {
        shown,
        claims: {
          'it shows the request and its rows': shown.includes(`GET ${STORY.parcels}`) && shown.includes(firstCustomer().name),
          'as alice saw them: masked': !leaks(shown, 'email', 'phone'),
        },
      };
    },
  };
}
