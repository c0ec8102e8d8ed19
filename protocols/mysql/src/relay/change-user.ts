import type { Out, Step } from '@sallyport/core';
import { packets } from '../codec/bytes.ts';
import { COMMAND } from '../codec/commands.ts';
import { decodeChangeUser } from '../codec/handshake.ts';
import { encodeOk } from '../codec/responses.ts';
import { errOf } from '../errors.ts';
import { freshNonce } from '../startup/accept-client.ts';
import { type ClientProof, type SignInDialogue, type SignInTerms, signInDialogue } from '../startup/client-sign-in.ts';
import type { Conversation } from './conversation.ts';
import { toClient, toTarget } from './steps.ts';

/** Whom the session belongs to, and what shows that it is still the same client. */
export interface Holder {
  /** As it signed in. */
  readonly user: string;
  readonly sha1sha1: Buffer;
  readonly terms: Pick<SignInTerms, 'secure' | 'rsa'>;
  /** Counts a wrong proof. */
  refused(why: string): void;
}

/**
 * COM_CHANGE_USER: the client signs in again at the gateway, with the user and the secret that it had, and then the
 * session at the target is begun anew. Another user is another session: this one's record is one person's.
 */
export class ChangeUser {
  readonly #conversation: Conversation;
  readonly #holder: Holder;
  readonly #onReset: () => void;
  #dialogue: SignInDialogue | undefined;
  #database = '';

  /** @param onReset the target has begun the session anew. */
  constructor(conversation: Conversation, holder: Holder, onReset: () => void) {
    this.#conversation = conversation;
    this.#holder = holder;
    this.#onReset = onReset;
  }

  /** The client's next message belongs to the sign-in. */
  get active(): boolean {
    return this.#dialogue !== undefined;
  }

  begin(body: Buffer): Step {
    const { user, database, plugin } = decodeChangeUser(body, this.#conversation.capabilities | PLUGINS);
    if (user !== this.#holder.user)
      return this.#conversation.fail(errOf('ERR_LOGIN', 'A connection belongs to one user: connect anew to be another one.'));
    const closed = database === '' ? undefined : this.#conversation.databases.refusal(database, this.#conversation.settings.foldNames);
    if (closed !== undefined) return this.#conversation.fail(errOf('denied', closed));
    this.#database = database;
    const keys = [{ token: 'this session', sha1sha1: this.#holder.sha1sha1 }];
    this.#dialogue = signInDialogue({ ...this.#holder.terms, plugin, nonce: freshNonce(), keys }, '');
    return this.#step(this.#dialogue.next());
  }

  answer(payload: Buffer): Step {
    return this.#dialogue === undefined ? [] : this.#step(this.#dialogue.next(payload));
  }

  #step(step: IteratorResult<Buffer, ClientProof>): Step {
    if (step.done !== true) return toClient(packets(step.value, this.#conversation.sequence));
    this.#dialogue = undefined;
    if (step.value.proof !== undefined && step.value.sha1sha1.equals(this.#holder.sha1sha1)) return this.#reset();
    this.#holder.refused('COM_CHANGE_USER with another secret');
    return this.#conversation.fail(
      errOf('ERR_LOGIN', 'The gateway token is not the one that this connection signed in with: connect anew.'),
    );
  }

  async *#reset(): AsyncGenerator<readonly Out[]> {
    const conversation = this.#conversation;
    const done = (yield* this.#tell(Buffer.of(COMMAND.RESET_CONNECTION))) && this.#begunAnew();
    const chosen =
      done && (this.#database === '' || (yield* this.#tell(Buffer.concat([Buffer.of(COMMAND.INIT_DB), Buffer.from(this.#database)]))));
    if (conversation.over.signal.aborted) return;
    yield chosen
      ? toClient(packets(encodeOk(conversation.status), conversation.sequence))
      : conversation.fail(errOf('ERR_TARGET_UNREACHABLE', 'The target did not begin the session anew: connect again.'));
  }

  #begunAnew(): true {
    this.#onReset();
    return true;
  }

  /** A command of the gateway's own. @returns whether the target said OK */
  async *#tell(command: Buffer): AsyncGenerator<readonly Out[], boolean> {
    const conversation = this.#conversation;
    let confirmed = false;
    const own = { row: () => undefined, done: () => undefined };
    conversation.begin({
      kind: 'status',
      own,
      sequence: 1,
      exposed: false,
      confirmed: () => {
        confirmed = true;
      },
    });
    yield toTarget(packets(command, 0));
    await conversation.idle();
    return confirmed;
  }
}

/** Every client that changes users knows plugins. */
const PLUGINS = 1 << 19;
