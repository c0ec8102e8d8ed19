import fc from 'fast-check';
import { indentedJson } from './indented-json.ts';

test('a line for each member, numbers and repeated members as they were', () => {
  expect(indentedJson('{"id":12345678901234567890,"id":1.0,"tags":[ "a,b", {} ],"none":[]}')).toBe(
    '{\n  "id": 12345678901234567890,\n  "id": 1.0,\n  "tags": [\n    "a,b",\n    {}\n  ],\n  "none": []\n}',
  );
});

test('it says the same, whatever it is', () => {
  fc.assert(
    fc.property(fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())), (value) => {
      expect(JSON.parse(indentedJson(JSON.stringify(value)) ?? '')).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test.each(['', 'text', '"text"', '{"a":', '[1] [2]'])('%j is no JSON object or array', (text) => {
  expect(indentedJson(text)).toBeUndefined();
});
