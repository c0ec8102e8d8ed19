import type { Protocol, RecordedFrames, Side, Store } from '@sallyport/core';
import type { LiveFrame } from '@sallyport/gateway';
import type { Api } from './api.ts';
import { CliError } from './exit.ts';
import { print, say } from './output/terminal.ts';
import { TerminalPlayer } from './output/terminal-player.ts';

export interface TerminalWatch {
  readonly id: string;
  readonly api: Api;
  readonly store: Store;
  readonly decode: Protocol['decodeRecording'];
  /** undefined: the first that has a terminal. */
  readonly channel: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * Shows a running terminal in the own one: its screen at the moment, and what follows, until it is closed
 * or the signal aborts. Nothing that is typed here goes anywhere.
 *
 * @returns false: the session has no open terminal.
 * @throws CliError when the session says more than can be shown in time.
 */
export async function watchTerminal(watch: TerminalWatch): Promise<boolean> {
  const player = new TerminalPlayer(Infinity, watch.channel);
  let shown = false;
  try {
    for await (const item of watch.decode(frames(watch, player))) {
      const text = await player.play(item);
      shown ||= player.playing && player.begun;
      await print(text ?? '');
      if (shown && !player.playing) break;
    }
  } finally {
    await print(player.end());
  }
  if (shown) say(watch.signal.aborted ? 'You no longer watch.' : 'The terminal is closed.');
  return shown;
}

/** What was recorded by now, then the screen at that moment, then what follows. */
async function* frames({ id, api, store, signal }: TerminalWatch, player: TerminalPlayer): AsyncGenerator<RecordedFrames> {
  const live = api.events<LiveFrame>(`/api/v1/sessions/${id}/frames`, signal);
  // The first one says that from here on all frames are told; those before can be read.
  if ((await live.next()).done === true) return;
  const read: Record<Side, number> = { client: 0, target: 0 };
  for await (const { kind, at, body } of store.sessions.records(id)) {
    if (kind === 'event') continue;
    read[kind] += body.length;
    yield { from: kind, at, data: body };
  }
  if (!player.playing) return;
  await print(await player.catchUp());
  for await (const frame of live) {
    if (frame.type === 'lagged') throw new CliError(frame.message);
    if (frame.type === 'open') continue;
    const data = Buffer.from(frame.data, 'base64');
    const known = Math.max(0, read[frame.from] - frame.before);
    if (known < data.length) yield { from: frame.from, at: frame.at, data: data.subarray(known) };
  }
}
