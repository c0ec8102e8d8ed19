import type { Gateway } from '../../test-fixtures/servers/gateway.ts';

const LOOK_MS = 100;

/** A person who approves whatever is held, as fast as people are not. @returns what ends it */
export async function approveAll(gateway: Gateway): Promise<() => Promise<void>> {
  const token = await gateway.approverToken();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const look = async (): Promise<void> => {
    const answer = await fetch(`${gateway.admin}/api/v1/approvals?state=pending`, { headers });
    if (!answer.ok) throw new Error(`The gateway does not list approvals: ${answer.status} ${await answer.text()}`);
    for (const { id } of (await answer.json()) as readonly { readonly id: string }[]) {
      const body = JSON.stringify({ verdict: 'approve', reason: null });
      await fetch(`${gateway.admin}/api/v1/approvals/${encodeURIComponent(id)}`, { method: 'POST', headers, body });
    }
  };
  let stopped = false;
  const looking = (async () => {
    while (!stopped) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  })();
  return () => {
    stopped = true;
    return looking;
  };
}
