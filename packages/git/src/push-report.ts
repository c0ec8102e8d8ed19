import { FLUSH, pktLine } from './pkt-line.ts';
import type { PushRequest } from './push-request.ts';
import { showable } from './showable.ts';
import { sideBand } from './side-band.ts';

/** Why a push is not done. */
export interface PushDenial {
  /** For people, on lines of their own: what, why, how to go on. */
  readonly message: string;
  /** What git shows in brackets behind a ref. */
  readonly reason: string;
  /** By ref, for those that have a reason of their own. */
  readonly reasons?: ReadonlyMap<string, string>;
}

type Asked = Pick<PushRequest, 'updates' | 'capabilities'>;

const REASON_CHARACTERS = 500;

/**
 * What makes git show `! [remote rejected] main -> main (reason)` for every ref of a push. It is
 * sent once the pack was read or has been given up, in the SSH channel or as the body
 * (`application/x-git-receive-pack-result`) of an answer 200.
 *
 * @see https://git-scm.com/docs/gitprotocol-pack#_report_status
 */
export function pushDenial(request: Asked, denial: PushDenial): Buffer {
  if (request.updates.length === 0) return Buffer.alloc(0);
  const report = reports(request) ? denialReport(request, denial) : Buffer.alloc(0);
  if (!request.capabilities.has('side-band-64k')) return report;
  return Buffer.concat([pushNotice(request, denial.message), ...(report.length > 0 ? [sideBand(1, report)] : []), FLUSH]);
}

/**
 * Lines for people, which git shows as `remote: …` while it waits. Empty where the client cannot
 * be told anything before the end.
 */
export function pushNotice(request: Asked, message: string): Buffer {
  if (!request.capabilities.has('side-band-64k')) return Buffer.alloc(0);
  const lines = message.split(/\r?\n/).map((line) => `${showable(line)}\n`);
  return sideBand(2, Buffer.from(lines.join('')));
}

/**
 * Ends a push without a word on its refs, as where nobody knows what became of them: git shows the message and gives up.
 *
 * @param request undefined where it could not be read. Empty where its client would not understand.
 */
export function pushFailure(request: Pick<PushRequest, 'capabilities'> | undefined, message: string): Buffer {
  if (request !== undefined && !request.capabilities.has('side-band-64k')) return Buffer.alloc(0);
  return Buffer.concat([sideBand(3, Buffer.from(`${showable(message)}\n`)), FLUSH]);
}

/** Says that the gateway is alive, for the connections that close what is silent. Shown nowhere. */
export function pushKeepalive(request: Asked): Buffer {
  return request.capabilities.has('side-band-64k') ? sideBand(1, Buffer.alloc(0)) : Buffer.alloc(0);
}

/** Whether the client asked what becomes of each ref. */
export function reports(request: Pick<PushRequest, 'capabilities'>): boolean {
  return request.capabilities.has('report-status') || request.capabilities.has('report-status-v2');
}

/** Both versions of the report refuse with the same line. */
function denialReport(request: Asked, denial: PushDenial): Buffer {
  const lines = request.updates.map(({ ref }) => {
    const reason = denial.reasons?.get(ref) ?? denial.reason;
    return pktLine(`ng ${ref} ${showable(reason, REASON_CHARACTERS)}\n`);
  });
  return Buffer.concat([pktLine('unpack ok\n'), ...lines, FLUSH]);
}
