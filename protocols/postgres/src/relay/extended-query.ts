import type { Out, Step } from '@sallyport/core';
import type { Analysis } from '../classify/analysis.ts';
import {
  type Bind,
  decodeBind,
  decodeClose,
  decodeDescribe,
  decodeExecute,
  decodeParse,
  encodeBind,
  encodeDescribe,
  encodeParse,
} from '../codec/extended-query.ts';
import type { PgFrame } from '../codec/frames.ts';
import { SQLSTATE } from '../errors.ts';
import type { Asking, Request } from './asking.ts';
import type { Conversation } from './conversation.ts';
import { copiesOf, type HeldCopy } from './copy-in.ts';
import { type Denial, FAILING_BIND, FAILING_EXECUTE, FAILING_PARSE } from './denial.ts';
import { effectsOf, unsettles } from './effects.ts';
import { requireExact, requireName } from './exact.ts';
import { meaningOf } from './meaning.ts';
import { UNSURE } from './names.ts';
import { effect } from './replies.ts';
import type { Run } from './run.ts';
import type { BoundValues, Portal, Statement } from './statement.ts';
import { toTarget } from './steps.ts';
import { carriesMask, restoredText, restoredValues } from './tokens.ts';

/** The client's messages of the extended protocol. Policy is asked at the first Execute of a portal. */
export class ExtendedQuery {
  readonly #conversation: Conversation;
  readonly #asking: Asking;

  constructor(conversation: Conversation, asking: Asking) {
    this.#conversation = conversation;
    this.#asking = asking;
  }

  parse({ raw }: PgFrame): Step {
    const parse = decodeParse(raw);
    requireName(parse.statement);
    requireExact(parse.sql, () => encodeParse(parse), raw);
    const prepare = (analysis: Analysis, restored?: string): Step => {
      const { replies, statements, group } = this.#conversation;
      this.#count({});
      if (statements.full) return this.refuseParse(TOO_MANY);
      const value: Statement = { text: parse.sql, analysis, parameterTypes: parse.parameterTypes };
      const effects = [[effect(statements, { name: parse.statement, value, group })]];
      replies.push({ kind: 'parse', exposed: this.#exposing(value), effects });
      return toTarget(restored === undefined ? raw : encodeParse({ ...parse, sql: restored }));
    };
    return this.#asking.understand(parse.sql, (analysis) => {
      const { protection, gate } = this.#conversation;
      if (protection.none || !gate.isMask(parse.sql)) return prepare(analysis);
      return this.#asking.meant(parse.sql, analysis, (meaning) => prepare(analysis, restoredText({ meaning, protection, gate })));
    });
  }

  /** Answers a Parse with an error, at its place in the order. */
  refuseParse(denial: Denial): readonly Out[] {
    this.#conversation.replies.push({ kind: 'parse', exposed: false, denial });
    return toTarget(FAILING_PARSE);
  }

  #refuseBind(denial: Denial): readonly Out[] {
    this.#conversation.replies.push({ kind: 'bind', exposed: false, denial });
    return toTarget(FAILING_BIND);
  }

  bind({ raw }: PgFrame): Step {
    const bind = decodeBind(raw);
    const bound = { formats: bind.parameterFormats, values: bind.parameters, resultFormats: bind.resultFormats };
    return this.bound(bind, bound, raw, raw);
  }

  /**
   * A Bind, or the first part of a large one.
   * @param whole the message where it can be sent again.
   */
  bound(names: Pick<Bind, 'portal' | 'statement'>, bound: BoundValues, raw: Buffer, whole: Buffer | undefined): Step {
    const { statements, group } = this.#conversation;
    requireName(names.portal);
    requireName(names.statement);
    const statement = statements.find(names.statement, group);
    if (statement === UNSURE) return this.#asking.drained(() => this.bound(names, bound, raw, whole));
    const { protection, gate } = this.#conversation;
    if (whole === undefined || statement === undefined || protection.none || !carriesMask(bound.values, gate))
      return this.#bind(names.portal, statement, bound, raw, whole);
    return this.#asking.meant(statement.text, statement.analysis, (meaning) => {
      const parameters = restoredValues({ meaning, protection, gate }, bound);
      const { formats: parameterFormats, resultFormats } = bound;
      const restored = parameters && encodeBind({ ...names, parameterFormats, parameters, resultFormats });
      return this.#bind(names.portal, statement, bound, restored ?? raw, restored ?? whole);
    });
  }

  #bind(name: string, statement: Statement | undefined, bound: BoundValues, raw: Buffer, whole: Buffer | undefined): Step {
    const { replies, portals, group } = this.#conversation;
    this.#count({ binds: 1 });
    if (portals.full) return this.#refuseBind(TOO_MANY);
    const portal: Portal = { statement, cursor: false, size: whole?.length ?? 0, bound, bind: whole, described: false };
    replies.push({
      kind: 'bind',
      portal,
      exposed: this.#exposing(statement),
      effects: [[effect(portals, { name, value: portal, group })]],
    });
    return toTarget(raw);
  }

  describe({ raw }: PgFrame): Step {
    const { kind, name } = decodeDescribe(raw);
    const { replies, statements, portals, group } = this.#conversation;
    requireName(name);
    this.#count({});
    if (kind === 'S') {
      const statement = statements.find(name, group);
      const known = statement === UNSURE ? undefined : statement;
      replies.push({ kind: 'describe', statement: known, exposed: this.#exposing(known) });
      return toTarget(raw);
    }
    const found = portals.find(name, group);
    const portal = found === UNSURE ? undefined : found;
    if (portal !== undefined) portal.described = true;
    replies.push({ kind: 'describe', portal, exposed: this.#exposing(portal?.statement) });
    return toTarget(raw);
  }

  close({ raw }: PgFrame): Step {
    const { kind, name } = decodeClose(raw);
    const { replies, statements, portals, group } = this.#conversation;
    requireName(name);
    this.#count({});
    const closed = kind === 'S' ? effect(statements, { name, group }) : effect(portals, { name, group });
    replies.push({ kind: 'close', exposed: false, effects: [[closed]] });
    return toTarget(raw);
  }

  execute({ raw }: PgFrame): Step {
    const { portal: name, maxRows } = decodeExecute(raw);
    requireName(name);
    const portal = this.#conversation.portals.find(name, this.#conversation.group);
    if (portal === UNSURE) return this.#asking.drained(() => this.execute({ raw } as PgFrame));
    if (portal?.statement === undefined) return this.#refuse({ sqlState: '34000', message: `portal "${name}" does not exist` });
    if (portal.denial !== undefined) return this.#refuse(portal.denial);
    if (portal.run !== undefined) return this.#forward(name, portal, portal.run, raw);
    return this.#asking.submit(this.#request(name, portal, portal.statement, maxRows, raw));
  }

  #request(name: string, portal: Portal, statement: Statement, rowLimit: number, raw: Buffer): Request {
    const { bound, bind } = portal;
    const release = (): void => {
      portal.bound = undefined;
      portal.bind = undefined;
    };
    return {
      text: statement.text,
      analysis: statement.analysis,
      rowLimit,
      statement,
      bound: bound ?? NOTHING_BOUND,
      ...(bind !== undefined && { rebind: () => this.#rebind(name, portal, bind) }),
      pass: (run, copy) => {
        release();
        portal.run = run;
        return this.#forward(name, portal, run, raw, copy);
      },
      refuse: (denial) => {
        release();
        portal.denial = denial;
        return this.#refuse(denial);
      },
    };
  }

  /** Execute goes to the target, behind a Describe where nobody asked yet what its rows look like. */
  #forward(name: string, portal: Portal, run: Run, raw: Buffer, copy?: HeldCopy): readonly Out[] {
    const { replies, protection, gate } = this.#conversation;
    const { analysis, telling: exposed } = run.meaning;
    this.#count({ executes: 1 });
    const describe = !protection.blind && !portal.described;
    if (describe) {
      portal.described = true;
      replies.push({ kind: 'describe', own: true, portal, exposed });
    }
    replies.push({
      kind: 'execute',
      run,
      portal,
      exposed,
      effects: effectsOf(this.#conversation, run.meaning.text, analysis),
      unsettling: unsettles(analysis),
      copies: copiesOf(run.meaning, gate, protection, copy),
    });
    return describe ? toTarget(encodeDescribe('P', name), raw) : toTarget(raw);
  }

  #refuse(denial: Denial): readonly Out[] {
    this.#count({ executes: 1 });
    this.#conversation.replies.push({ kind: 'execute', exposed: false, denial });
    return toTarget(FAILING_EXECUTE);
  }

  #rebind(name: string, portal: Portal, bind: Buffer): readonly Out[] {
    const { replies, portals, group } = this.#conversation;
    portal.described = false;
    replies.push({
      kind: 'bind',
      own: true,
      portal,
      exposed: this.#exposing(portal.statement),
      effects: [[effect(portals, { name, value: portal, group })]],
    });
    return toTarget(bind);
  }

  /** Parsing and planning run functions, whose errors may quote what they read. */
  #exposing(statement: Statement | undefined): () => boolean {
    return () => {
      const { protection, catalogue, altered } = this.#conversation;
      if (protection.none || statement === undefined) return !protection.none;
      const { text, analysis } = statement;
      return meaningOf({ text, analysis, catalogue: catalogue.current(), protection, uncertain: altered }).telling;
    };
  }

  #count({ binds = 0, executes = 0 }: { readonly binds?: number; readonly executes?: number }): void {
    const { open } = this.#conversation;
    this.#conversation.open = { messages: open.messages + 1, binds: open.binds + binds, executes: open.executes + executes };
  }
}

const NOTHING_BOUND: BoundValues = { formats: [], values: [], resultFormats: [] };
const TOO_MANY: Denial = {
  sqlState: SQLSTATE.ERR_LIMIT,
  message: 'The session keeps too many prepared statements or portals: close some.',
};
