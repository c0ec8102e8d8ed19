import type { Gateway } from '../../test-fixtures/servers/gateway.ts';

const LOOK_MS = 100;

interface Pending {
  readonly id: string;
}

/** A person who approves whatever is held, as fast as people are not, but for what names `ignored`. @returns what ends it */
export async function approveAll(gateway: Gateway, ignored?: string): Promise<() => Promise<readonly Pending[]>> {
  const token = await gateway.approverToken();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const pending = async (): Promise<readonly Pending[]> => {
    const answer = await fetch(`${gateway.admin}/api/v1/approvals?state=pending`, { headers });
    if (!answer.ok) throw new Error(`The gateway does not list approvals: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as readonly Pending[];
  };
  const look = async (): Promise<void> => {
    for (const each of await pending()) {
      if (ignored !== undefined && JSON.stringify(each).includes(ignored)) continue;
      const body = JSON.stringify({ verdict: 'approve', reason: null });
      await fetch(`${gateway.admin}/api/v1/approvals/${encodeURIComponent(each.id)}`, { method: 'POST', headers, body });
    }
  };
  let stopped = false;
  const looking = (async () => {
    while (!stopped) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  })();
  return async () => {
    stopped = true;
    await looking;
    return await pending();
  };
}
