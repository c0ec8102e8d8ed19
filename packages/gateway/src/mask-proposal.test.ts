import type { InspectedColumn } from '@sallyport/core';
import { compileColumn, type MaskRule } from '@sallyport/masking';
import { maskCoverage, proposeMasks } from './mask-proposal.ts';

function column(path: string, other: Partial<InspectedColumn> = {}): InspectedColumn {
  const at = path.lastIndexOf('.');
  return { database: 'shop', relation: path.slice(0, at), name: path.slice(at + 1), of: 'table', ...other };
}

const COLUMNS = [
  column('public.customers.email'),
  column('public.suppliers.email'),
  column('public.customers.Mobile*Phone'),
  column('public.Notes.text', { sample: ['ada@example.com', 'bo@example.com'] }),
  column('public.customers.name', { sample: ['Ada'] }),
  column('public.contacts.email', { of: 'view' }),
];

test('what a name tells is masked everywhere, what values tell in that column alone', () => {
  expect(proposeMasks(COLUMNS)).toEqual([
    {
      name: 'e-mail addresses',
      method: 'hash',
      columns: ['*.email', 'public."Notes".text'],
      found: ['public.customers.email', 'public.suppliers.email', 'public.Notes.text'],
    },
    { name: 'phone numbers', method: 'partial', columns: ['*."Mobile*Phone"'], found: ['public.customers.Mobile*Phone'] },
  ]);
});

test('what is proposed covers what it was proposed for', () => {
  for (const { columns, found } of proposeMasks(COLUMNS)) {
    const matches = columns.map(compileColumn);
    for (const path of found) {
      const { relation, name } = column(path);
      expect(matches.some((one) => one({ relation, name }))).toBe(true);
    }
  }
});

test('coverage names patterns that are no column, and columns without a mask', () => {
  const mask = (name: string, columns: readonly string[], other: Partial<MaskRule> = {}): MaskRule => ({
    name,
    columns,
    method: 'redact',
    ...other,
  });
  const masks = [
    mask('mail', ['*.email', 'custmers.phone'], { unless: { groups: ['support'] } }),
    mask('elsewhere', ['*.nothing'], { targets: ['other-*'] }),
  ];
  const { idle, open } = maskCoverage(masks, 'shop-db', COLUMNS);
  expect(idle).toEqual([{ rule: 'mail', pattern: 'custmers.phone' }]);
  expect(open.map(({ found }) => found)).toEqual([['public.customers.Mobile*Phone'], ['public.Notes.text']]);
});
