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
  #agent = false;
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
      if (this.#mayForward('x11')) this.#x11 = info;
      (this.#x11 === undefined ? reject : accept)?.();
    });
    session.on('auth-agent', (accept: Reply, reject: Reply) => {
      this.#agent = this.#mayForward('agent');
      (this.#agent ? accept : reject)?.();
    });
    // Accepted in the same moment: what the client sends behind its request would be dropped before.
    session.on('shell', (accept) => this.#start(accept() as ServerChannel | undefined, { kind: 'shell' }));
    session.on('exec', (accept, _reject, { command }) => this.#start(accept() as ServerChannel | undefined, { kind: 'exec', command }));
    session.on('subsystem', (accept, _reject, { name }) => this.#start(accept() as ServerChannel | undefined, { kind: 'subsystem', name }));
  }

  #start(channel: ServerChannel | undefined, what: ProgramRequest['what']): void {
    if (channel === undefined) return; // the client has closed the channel already
    this.#waits();
    const request = { what, channel: this.#number, pty: this.#pty, env: Object.fromEntries(this.#env), x11: this.#x11, agent: this.#agent };
    this.#program = new Program(repaired(channel), request, this.#conversation);
    this.#conversation.run(this.#program.run());
  }

  #setVariable(name: string, value: string): boolean {
    if (this.#env.size >= MAX_VARIABLES || name.length + value.length > MAX_VARIABLE_BYTES) return false;
    if (`${name}${value}`.includes('\uFFFD')) return false; // bytes that are not UTF-8 would arrive as others
    if (!anyOf(this.#conversation.options.env)(name)) return false;
    this.#env.set(name, value);
    return true;
  }

  #resize(size: WindowChangeInfo): void {
    if (this.#pty !== undefined) this.#pty = { ...this.#pty, ...size };
    this.#program?.resize(size);
  }

  #mayForward(kind: 'x11' | 'agent'): boolean {
    const gate = this.#conversation.admitted;
    if (gate === undefined) return false;
    const text = kind === 'x11' ? 'forward X11' : 'forward the SSH agent';
    return askAtOnce(gate, { ...classifyChannel(CHANNEL_VERBS[kind]), text, exact: [kind] }).action === 'allow';
  }
}
