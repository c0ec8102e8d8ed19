import type { Mask } from '@sallyport/core';
import type { Catalogue, Relation } from '../catalogue/catalogue.ts';
import type { Field } from '../codec/rows.ts';
import { Protection } from './protection.ts';
import { planRows } from './row-plan.ts';

const mask: Mask = { rule: 'emails', method: 'redact', apply: () => '[redacted]' };
const gate = { unmasked: false, protectedMask: mask, maskFor: ({ name }: { name: string }) => (name === 'email' ? mask : undefined) };

function relation(oid: number, schema: string): Relation {
  const origins = [{ relation: `${schema}.people`, name: 'email' }];
  return {
    oid,
    schema,
    name: 'people',
    kind: 'r',
    collected: false,
    columns: new Map([[1, { number: 1, name: 'email', names: origins, origins }]]),
  };
}

function planned(oid: number, known: Relation | undefined): number {
  const catalogue = { relation: () => known } as unknown as Catalogue;
  const field: Field = { name: 'email', tableOid: oid, column: 1, typeOid: 25, typeSize: -1, typeModifier: -1, format: 0 };
  return planRows({ fields: [field], statement: undefined, catalogue, protection: new Protection({ ...gate, textMask: undefined }) }).cells
    .length;
}

test('a table of one’s own is masked whatever its OID: single-user mode and pg_upgrade leave small ones', () => {
  expect(planned(30_000, relation(30_000, 'public'))).toBe(1);
  expect(planned(14_000, relation(14_000, 'public'))).toBe(1);
});

test('a small OID that the catalogue does not know is masked', () => {
  expect(planned(14_000, undefined)).toBe(1);
});
