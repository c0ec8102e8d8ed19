import { anyOf } from '@sallyport/core';
import type { PseudoTtyInfo, ServerChannel, Session as ServerSession, WindowChangeInfo, X11Info } from 'ssh2';
import { CHANNEL_VERBS, classifyChannel } from '../classify/command-line.ts';
import { forgetSession } from '../ssh2/peer-limits.ts';
import { repaired } from '../ssh2/private-parts.ts';
import { askAtOnce } from './asking.ts';
import type { Conversation } from './conversation.ts';
import { Program, type ProgramRequest } from './program.ts';

/** Of one session channel; sshd takes 64 KiB of them. */
const MAX_VARIABLES = 128;
const MAX_VARIABLE_BYTES = 8_192;
/** Held channel requests that come before the program is there. */
type Reply = (() => void) | undefined;

/** A channel of type `session`: what it is to run in, and then what. https://www.rfc-editor.org/rfc/rfc4254#section-6 */
export function serveSessionChannel(session: ServerSession, conversation: Conversation): void {
  new SessionChannel(session, conversation);
}

class SessionChannel {
  readonly #conversation: Conversation;
  readonly #number: number;
  readonly #waits: () => void;
  readonly #env = new Map<string, string>();
  #pty: PseudoTtyInfo | undefined;
  #x11: X11Info | undefined;
  #program: Program | undefined;

  constructor(session: ServerSession, conversation: Conversation) {
    this.#conversation = conversation;
    this.#number = conversation.nextChannel();
    this.#waits = conversation.wait();
    session.once('close', () => {
      this.#waits();
      if (this.#program === undefined) forgetSession(conversation.parts.connection, session);
    });
    session.on('pty', (accept: Reply, _reject: Reply, info) => {
      this.#pty = info;
      accept?.();
    });
    session.on('env', (accept: Reply, reject: Reply, { key, val }) => (this.#setVariable(key, val) ? accept?.() : reject?.()));
    session.on('window-change', (accept: Reply, _reject: Reply, info) => {
      this.#resize(info);
      accept?.();
    });
    session.on('signal', (accept: Reply, _reject: Reply, { name }) => {
      this.#program?.signal(name);
      accept?.();
    });
    session.on('x11', (accept: Reply, reject: Reply, info) => {
      if (this.#mayForwardX11()) this.#x11 = info;
      (this.#x11 === undefined ? reject : accept)?.();
    });
    // ssh2 opens no channel for it towards a client: who allowed it would be promised what does not come.
    session.on('auth-agent', (_accept: Reply, reject: Reply) => reject?.());
    // Accepted in the same moment: what the client sends behind its request would be dropped before.
    session.on('shell', (accept) => this.#start(accept() as ServerChannel | undefined, { kind: 'shell' }));
    session.on('exec', (accept, _reject, { command }) => this.#start(accept() as ServerChannel | undefined, { kind: 'exec', command }));
    session.on('subsystem', (accept, _reject, { name }) => this.#start(accept() as ServerChannel | undefined, { kind: 'subsystem', name }));
  }

  #start(channel: ServerChannel | undefined, what: ProgramRequest['what']): void {
    if (channel === undefined) return; // the client has closed the channel already
    this.#waits();
    const { admitted } = this.#conversation;
    const allowed = anyOf(this.#conversation.options?.env ?? []);
    const env = Object.fromEntries([...this.#env].filter(([name]) => admitted === undefined || allowed(name)));
    const request = { what, channel: this.#number, pty: this.#pty, env, x11: this.#x11 };
    this.#program = new Program(repaired(channel), request, this.#conversation);
    this.#conversation.run(this.#program.run());
  }

  /** Where the session is not admitted yet, which variables may pass is looked at when it is. */
  #setVariable(name: string, value: string): boolean {
    const { options } = this.#conversation;
    if (this.#env.size >= MAX_VARIABLES || name.length + value.length > MAX_VARIABLE_BYTES) return false;
    if (options !== undefined && !anyOf(options.env)(name)) return false;
    this.#env.set(name, value);
    return true;
  }

  #resize(size: WindowChangeInfo): void {
    if (this.#pty !== undefined) this.#pty = { ...this.#pty, ...size };
    this.#program?.resize(size);
  }

  #mayForwardX11(): boolean {
    const gate = this.#conversation.admitted;
    if (gate === undefined) return false;
    return askAtOnce(gate, { ...classifyChannel(CHANNEL_VERBS.x11), text: 'forward X11', exact: ['x11'] }).action === 'allow';
  }
}
