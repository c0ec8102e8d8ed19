import type { Mask, TextMask } from '@sallyport/core';
import { testGate as anyGate, type Playbook, playbook, type TestGate, type TestRules } from '@sallyport/core/testing';
import type { Catalogue, Relation, RelationColumn, Resolved } from '../src/catalogue/catalogue.ts';
import type { Analysis } from '../src/classify/analysis.ts';
import { createClassifier } from '../src/classify/classifier.ts';
import { backendDecoder, frontendDecoder } from '../src/codec/decoder.ts';
import type { Field } from '../src/codec/rows.ts';
import { unresolved } from '../src/relay/meaning.ts';
import { createRelay, type PgRelay } from '../src/relay/relay.ts';

export { redact } from '@sallyport/core/testing';

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

/** Unless the test says otherwise, what launders is denied, all else allowed. */
export function testGate(rules: TestRules): TestGate {
  const isMask = (text: string): boolean => /\[redacted\]|mt_[a-z]+_\w|^\*{4}.{0,4}$/.test(text);
  return anyGate({ rule: ({ launders }) => (launders ? 'deny' : 'allow'), isMask, ...rules });
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
