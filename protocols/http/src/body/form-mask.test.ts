import type { ContentMasks } from '@sallyport/core';
import fc from 'fast-check';
import { inPieces, masksOf } from '../../test/body-masks.ts';
import { pieceSizes, someText } from '../../test/json-documents.ts';
import { FormMask } from './form-mask.ts';

const forms = masksOf({ detect: ['email', 'card', 'api-key', 'phone'] });
const fields = masksOf({ fields: ['$.card', "$['odd name']", '$.a.b'] }, { fields: ['$.gone'], method: 'null' });
const both = { text: forms.text, fields: fields.fields };

function masked(masks: ContentMasks, form: string, sizes: readonly number[] = [form.length + 1]): string {
  return inPieces(new FormMask(masks, () => {}), Buffer.from(form), sizes);
}

test.each([
  ['to=alice@example.com&n=1', 'to=%5Bredacted%5D&n=1'],
  ['to=Hi+%61lice%40example.com%20!', 'to=Hi+%5Bredacted%5D%20!'],
  ['alice%40example.com', '%5Bredacted%5D'],
  ['a=4111+1111+1111+1111', 'a=%5Bredacted%5D'],
  ['client_secret=x7Kq9ZtP2mWv4LrB&a=x7Kq9ZtP2mWv4LrB', 'client_secret=%5Bredacted%5D&a=x7Kq9ZtP2mWv4LrB'],
  ['card=1&card=&c%61rd=2&xcard=3', 'card=%5Bredacted%5D&card=%5Bredacted%5D&c%61rd=%5Bredacted%5D&xcard=3'],
  ['odd+name=a=b%26c&gone=x&gone', 'odd+name=%5Bredacted%5D&gone=&gone'],
  ['%zz=%4&100%=%', '%zz=%4&100%=%'],
  ['', ''],
])('%s', (form, expected) => {
  for (let size = 1; size <= form.length + 1; size += 1) expect(masked(both, form, [size])).toBe(expected);
});

const someForm = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom('a', 'card', 'token', 'gone'), someText), someText), { maxLength: 4 })
  .map((pairs) => new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value])).toString());
const anyForm = fc.oneof(
  someForm,
  fc
    .array(fc.constantFrom('a', 'card', '=', '&', '%', '%4', '%40', '+', 'alice', '@example.com', 'é'), { maxLength: 20 })
    .map((parts) => parts.join('')),
);

test('law: however a form is cut, it comes out the same', () => {
  fc.assert(
    fc.property(anyForm, pieceSizes, (form, sizes) => expect(masked(both, form, sizes)).toBe(masked(both, form))),
    { numRuns: 500 },
  );
});

test('law: where nothing is masked, nothing changes', () => {
  const rare = masksOf({ detect: ['gitlab-token'] }, { fields: ['$.none'] });
  fc.assert(
    fc.property(anyForm, pieceSizes, (form, sizes) => expect(masked(rare, form, sizes)).toBe(Buffer.from(form).toString('latin1'))),
  );
});

test('law: a parser finds the same fields, but for the masked ones', () => {
  const text = masksOf({ detect: ['email', 'card', 'phone'] }).text;
  const shown = (said: string) => {
    const bytes = Buffer.from(said);
    return (text?.value(bytes, 0, bytes.length, () => {}) ?? bytes).toString();
  };
  fc.assert(
    fc.property(someForm, pieceSizes, (form, sizes) => {
      const expected = Array.from(new URLSearchParams(form), ([name, value]) => {
        const mask = fields.fields?.root.member(name).mask;
        return [shown(name), mask === undefined ? shown(value) : (mask.apply(value) ?? '')];
      });
      expect(Array.from(new URLSearchParams(masked({ text, fields: fields.fields }, form, sizes)))).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
});
