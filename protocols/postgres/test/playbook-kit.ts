import { createHmac } from 'node:crypto';
import type { Asked, Command, Denied, Gate, HoldContext, Mask, Ruling, SessionEvent, TextMask } from '@sallyport/core';
import { type Playbook, playbook } from '@sallyport/core/playbook';
import type { Catalogue, Relation, RelationColumn, Resolved } from '../src/catalogue/catalogue.ts';
import type { Analysis } from '../src/classify/analysis.ts';
import { createClassifier } from '../src/classify/classifier.ts';
import { backendDecoder, frontendDecoder } from '../src/codec/decoder.ts';
import type { Field } from '../src/codec/rows.ts';
import { unresolved } from '../src/relay/meaning.ts';
import { createRelay, type PgRelay } from '../src/relay/relay.ts';

/** For tests: a gate that does what the test says and remembers what it was asked. */
export interface TestGate extends Gate {
  readonly commands: Command[];
  readonly notes: SessionEvent[];
  /** Fingerprints of what masks hid. */
  readonly prints: SessionEvent[];
  /** What the client sent, as it was recorded. */
  readonly recorded: Buffer[];
  /** What the client saw. */
  readonly seen: Buffer[];
  readonly asked: TestHold[];
}

interface TestHold {
  readonly context: HoldContext;
  readonly signal: AbortSignal;
  readonly cancelled: string[];
  approve(): void;
  deny(message: string): void;
}

export interface TestRules {
  /** Default: what launders is denied, all else allowed. */
  readonly rule?: (command: Command) => 'allow' | 'deny' | 'hold';
  /** By `schema.table.column`. */
  readonly masks?: Readonly<Record<string, Mask>>;
  readonly textMask?: TextMask;
}

export const redact: Mask = { rule: 'test redact', method: 'redact', apply: () => '***' };
/** Finds `key-` and digits, wherever they stand. */
export const findKeys: TextMask = {
  mayFind: (bytes, start, end) => bytes.subarray(start, end).includes('key-'),
  value(bytes, start, end, count) {
    const text = bytes.toString('latin1', start, end);
    const seen = text.replace(/key-\d+/g, () => {
      count('keys');
      return '[found]';
    });
    return seen === text ? undefined : Buffer.from(seen, 'latin1');
  },
  stream(count) {
    let held = Buffer.alloc(0);
    return {
      push(bytes) {
        held = Buffer.concat([held, bytes]);
        return Buffer.alloc(0);
      },
      flush: () => findKeys.value(held, 0, held.length, count) ?? held,
    };
  },
  runs: () => ({ push: (bytes) => [{ length: bytes.length }], flush: () => [] }),
};

/** Tokens that anyone can read. */
export function tokens(domain: string): Mask {
  const head = `mt_${domain}_`;
  return {
    rule: `tokens of ${domain}`,
    method: 'token',
    domain,
    apply: (value) => head + Buffer.from(value).toString('base64url'),
    original: (token) => (token.startsWith(head) ? Buffer.from(token.slice(head.length), 'base64url').toString() : undefined),
  };
}

const hidden: Mask = { rule: 'protected', method: 'null', apply: () => null };

export function testGate({ rule = ({ launders }) => (launders ? 'deny' : 'allow'), masks, textMask }: TestRules): TestGate {
  const commands: Command[] = [];
  const notes: SessionEvent[] = [];
  const prints: SessionEvent[] = [];
  const recorded: Buffer[] = [];
  const seen: Buffer[] = [];
  const asked: TestHold[] = [];
  return {
    commands,
    notes,
    prints,
    recorded,
    seen,
    asked,
    command(command) {
      const number = commands.push(command);
      const action = rule(command);
      if (action === 'allow') return { action, command: number };
      if (action === 'deny') return { action, command: number, cause: 'denied', message: 'denied by a test' };
      return { action, command: number, ask: (context, signal) => ask(number, context, signal, asked) };
    },
    maskFor: ({ relation, name }) => masks?.[`${relation}.${name}`],
    protectedMask: hidden,
    unmasked: masks === undefined,
    textMask,
    fieldMasks: undefined,
    requestMasks: { text: undefined, fields: undefined },
    isMask: (text) => /\[redacted\]|mt_[a-z]+_\w|^\*{4}.{0,4}$/.test(text),
    note: (event) => void (event.type === 'values' ? prints : notes).push(event),
    record: (from, data) => void (from === 'client' ? recorded : seen).push(Buffer.from(data)),
    fingerprint: (...parts) =>
      parts.reduce((hmac, part) => hmac.update(`${part.length}:`).update(part), createHmac('sha256', 'test')).digest('hex'),
    durable: () => undefined,
    ready: () => undefined,
  };
}

function ask(command: number, context: HoldContext, signal: AbortSignal, asked: TestHold[]): Asked {
  const outcome = Promise.withResolvers<Ruling>();
  const denied = (message: string, cause: Denied['cause']): Denied => ({ action: 'deny', command, cause, message });
  signal.addEventListener('abort', () => outcome.resolve(denied('cancelled', 'cancelled')));
  const cancelled: string[] = [];
  asked.push({
    context,
    signal,
    cancelled,
    approve: () => outcome.resolve({ action: 'allow', command }),
    deny: (message) => outcome.resolve(denied(message, 'denied')),
  });
  const cancel = (reason: string): Denied => {
    cancelled.push(reason);
    return denied(reason, 'cancelled');
  };
  return { approval: 'ap_1', notice: 'approval ap_1 asked of dba', outcome: outcome.promise, cancel };
}

/** A catalogue of plain tables, by `schema.table` with column names; OIDs count from 20000. */
export function testCatalogue(tables: Readonly<Record<string, readonly string[]>>): Catalogue {
  const relations = Object.entries(tables).map(([path, columns], index): Relation => {
    const [schema = '', name = ''] = path.split('.');
    const entries = columns.map((column, at): [number, RelationColumn] => {
      const names = [{ relation: path, name: column }];
      return [at + 1, { number: at + 1, name: column, names, origins: names }];
    });
    return { oid: 20_000 + index, schema, name, kind: 'r', collected: false, columns: new Map(entries) };
  });
  const named = ({ schema, name }: { readonly schema?: string; readonly name: string }): readonly Relation[] =>
    relations.filter((relation) => relation.name === name && (schema === undefined || relation.schema === schema));
  return {
    relation: (oid) => relations.find((relation) => relation.oid === oid),
    named,
    sources: (relation) => [relation],
    isText: () => false,
    resolve(analysis: Analysis): Resolved {
      const references = analysis.statements.flatMap((statement) => statement.relations);
      return {
        ...unresolved(analysis),
        sources: references.flatMap(named),
        unknownRelation: references.some((reference) => !reference.made && named(reference).length === 0),
      };
    },
  };
}

export interface Scene {
  readonly play: Playbook;
  readonly relay: PgRelay;
  readonly gate: TestGate;
  /** Classifies beforehand, so that the relay answers at once as it does for a text it has seen. */
  warm(...texts: readonly string[]): Promise<void>;
}

const classifier = createClassifier();
export const closeClassifier = (): Promise<void> => classifier.close();
const parameters = new Map([
  ['server_version', '15.14'],
  ['client_encoding', 'UTF8'],
  ['standard_conforming_strings', 'on'],
]);

/** A relay at a database `shop`, both sides idle. */
export function scene(rules: TestRules = {}, tables: Readonly<Record<string, readonly string[]>> = {}): Scene {
  const gate = testGate(rules);
  const catalogue = testCatalogue(tables);
  const access = { current: () => catalogue, get: () => Promise.resolve(catalogue), invalidate: () => undefined };
  const relay = createRelay({ gate, classifier, catalogue: access, database: 'shop', parameters });
  return {
    gate,
    relay,
    play: playbook(relay, { client: frontendDecoder(), target: backendDecoder({ rowRuns: true }) }),
    warm: async (...texts) => {
      for (const text of texts) await classifier.analyse(text, { standardConformingStrings: true, serverVersion: '15.14' });
    },
  };
}

/** A text column of a result. */
export function field(name: string, tableOid = 0, column = 0, typeOid = 25, format = 0): Field {
  return { name, tableOid, column, typeOid, typeSize: -1, typeModifier: -1, format };
}
