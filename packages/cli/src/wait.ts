import type { Api } from './api.ts';
import { CliError, EXIT } from './exit.ts';

const LASTING = 'it did not run, and goes on when it is sent again after a yes';
const APPROVAL = /\bapproval (ap_\w+)/;

/** How long a command line waits for a person. It begins when the gateway says that it asked one. */
export class Wait {
  readonly #api: Api;
  readonly #ms: number | undefined;
  readonly #ended = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  /** @param ms undefined: as long as the approval itself lasts. */
  constructor(api: Api, ms: number | undefined) {
    this.#api = api;
    this.#ms = ms;
  }

  /** Aborted when nobody decided in time: the command must be taken back then. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /**
   * Starts the clock if the notice says that an approval was asked for.
   *
   * @param lasting the approval stays open whoever leaves.
   */
  noticed(message: string, lasting = false): void {
    const approval = APPROVAL.exec(message)?.[1];
    if (approval === undefined || this.#ms === undefined) return;
    this.over();
    this.#timer = setTimeout(() => void this.#expire(approval, lasting), this.#ms);
  }

  /** An answer came: what runs now runs as long as it likes. */
  over(): void {
    clearTimeout(this.#timer);
  }

  /** A command that was approved in time may run on, so the approval's state decides, not the silence. */
  async #expire(approval: string, lasting: boolean): Promise<void> {
    const state = await this.#api.get<{ state: string }>(`/api/v1/approvals/${approval}`).then(
      (row) => row.state,
      () => 'pending',
    );
    if (state === 'pending')
      this.#ended.abort(
        new CliError(`Nobody decided ${approval} in time; ${lasting ? LASTING : 'the command was taken back'}.`, EXIT.denied),
      );
  }
}
