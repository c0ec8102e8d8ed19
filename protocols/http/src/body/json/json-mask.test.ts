import { GatewayError, ProtocolError } from '@sallyport/core';
import { inPieces, masksOf } from '../../../test/body-masks.ts';
import { JsonMask } from './json-mask.ts';

const hits: [rule: string, hidden: string | undefined][] = [];
const count = (rule: string, hidden?: Buffer | string): void => void hits.push([rule, hidden?.toString()]);
beforeEach(() => hits.splice(0));

const forms = masksOf({ detect: ['email', 'card', 'api-key', 'private-key'] });
const fields = masksOf({ fields: ['$.users[*].email', '$..card'] }, { fields: ['$.gone'], method: 'null' });
const both = { ...fields, text: forms.text };

/** Masked whole, and cut at every byte. */
function masked(masks: typeof forms, json: string): string {
  hits.splice(0);
  const bytes = Buffer.from(json);
  const make = () => new JsonMask({ masks, count, side: 'target' });
  const whole = inPieces(make(), bytes, [bytes.length + 1]);
  const counted = hits.splice(0);
  for (const size of bytes.length > 4096 ? [65_536] : Array.from({ length: 40 }, (_, index) => index + 1)) {
    expect([size, inPieces(make(), bytes, [size])]).toEqual([size, whole]);
    expect(hits.splice(0)).toEqual(counted);
  }
  hits.push(...counted);
  return Buffer.from(whole, 'latin1').toString();
}

describe('by form', () => {
  test.each([
    ['{"to": "alice@example.com"}', '{"to": "[redacted]"}'],
    ['{"to": "Hi \\u00fc, alice\\u0040example.com\\n"}', '{"to": "Hi \\u00fc, [redacted]\\n"}'],
    ['{"alice@example.com": [1, true, null]}', '{"[redacted]": [1, true, null]}'],
    ['{"card":4111111111111111,"n":4111111111111112}', '{"card":"[redacted]","n":4111111111111112}'],
    ['[4111111111111111]', '["[redacted]"]'],
    [' 4111111111111111\n', ' "[redacted]"\n'],
    ['"alice@example.com"', '"[redacted]"'],
    ['{"a":1}\n{"b":"alice@example.com"}\n', '{"a":1}\n{"b":"[redacted]"}\n'],
    ['1\n"a\\u0040b.com"\n', '1\n"[redacted]"\n'],
    ['\u001e{"b":"alice@example.com"}\n', '\u001e{"b":"[redacted]"}\n'],
    ['\ufeff{"b":"alice@example.com"}', '\ufeff{"b":"[redacted]"}'],
    ['{"clientSecret":"x7Kq9ZtP2mWv4LrB"}', '{"clientSecret":"[redacted]"}'],
    ['{"client_secret" :\n "x7Kq9ZtP2mWv4LrB", "n": 1}', '{"client_secret" :\n "[redacted]", "n": 1}'],
    ['{"client\\u005fsecret": "x7Kq9\\u005atP2mWv4LrB"}', '{"client\\u005fsecret": "[redacted]"}'],
    ['{"Authorization": "Bearer x7Kq9ZtP2mWv4LrB"}', '{"Authorization": "Bearer [redacted]"}'],
    ['{"token": "x7Kq9ZtP2mWv4LrB or alice@example.com"}', '{"token": "[redacted] or [redacted]"}'],
    ['{"id": "x7Kq9ZtP2mWv4LrB", "a":["x7Kq9ZtP2mWv4LrB"]}', '{"id": "x7Kq9ZtP2mWv4LrB", "a":["x7Kq9ZtP2mWv4LrB"]}'],
    ['{"secret": ["x7Kq9ZtP2mWv4LrB"]}', '{"secret": ["x7Kq9ZtP2mWv4LrB"]}'],
    ['{"path": "C:\\path of alice@example.com"}', '{"path": "C:\\path of [redacted]"}'],
    ['{"open": "alice@example.com', '{"open": "[redacted]'],
  ])('%s', (json, expected) => {
    expect(masked(forms, json)).toBe(expected);
    expect(masked(both, json.replaceAll('card', 'x').replace('\\p', '\\\\p'))).toBe(
      expected.replaceAll('card', 'x').replace('\\p', '\\\\p'),
    );
  });

  test.each([
    '{"a": [1, 2.5e3, -0, true, false, null, "", {}, []], "ü": "\\ud83d\\ude00\\ud83d \\u00e9 \\/ \\b"}',
    '[1 ,2\n]  \r\n\t{}"x"',
    'not JSON',
    '',
    '{"a":1,}',
    '[01]',
    '[1.]',
    '{"a":tru}',
    '[1}',
    '{"a" "b"}',
    '"a\u0001b"',
    '"\\',
    '"\\u12',
    '"\\ud83d\\u',
  ])('what holds no hit stays as it is: %s', (json) => expect(masked(forms, json)).toBe(json));

  test.each([
    ['hello alice@example.com', 'hello [redacted]'],
    ['12@example.com', '[redacted]'],
    ['[12@example.com]', '[[redacted]]'],
    ['true@example.com', '[redacted]'],
    ['4111 1111 1111 1111', '[redacted]'],
    ['[4111 1111 1111 1111]', '[[redacted]]'],
    ['{"a":1}; alice@example.com, "clientSecret": "x7Kq9ZtP2mWv4LrB"', '{"a":1}; [redacted], "clientSecret": "[redacted]"'],
  ])('what is no JSON any more is a text: %s', (json, expected) => expect(masked(forms, json)).toBe(expected));

  test('a key over several lines in a string is found, escaped or not', () => {
    const lines = ['-----BEGIN RSA PRIVATE KEY-----', ...Array(3).fill('MIIEpAIBAAKCAQEA7bq98xOd'), '-----END RSA PRIVATE KEY-----'];
    for (const end of ['\\n', '\n', '\\r\\n']) expect(masked(forms, `["${lines.join(end)}"]`)).toBe('["[redacted]"]');
  });

  test('a key that begins in a name ends there', () => {
    const name = `-----BEGIN RSA PRIVATE KEY-----${'MIIEpAIBAAKCAQEA7bq98xOd'.repeat(2)}`;
    expect(masked(forms, `{"${name}":"a b c alice@example.com"}`)).toBe('{"[redacted]":"a b c [redacted]"}');
  });

  test('hits are counted with what they hide, a secret that its name tells once', () => {
    masked(forms, '{"a":"alice@example.com 4111111111111111","token":"x7Kq9ZtP2mWv4LrB"}');
    expect(hits.map(([, hidden]) => hidden)).toEqual(['alice@example.com', '4111111111111111', 'x7Kq9ZtP2mWv4LrB']);
  });

  test('a mask that needs escapes gets them', () => {
    const odd = masksOf({ patterns: ['abc.*'], method: 'partial' });
    expect(masked(odd, '["abcdefg\\"\\n"]')).toBe('["****g\\"\\n"]');
  });

  test('a pair of surrogates is one character', () => {
    const smile = masksOf({ patterns: ['😀x'], method: 'partial' });
    expect(masked(smile, '["\\ud83d\\ude00x", "\\ud83d x"]')).toBe('["****", "\\ud83d x"]');
  });

  test('a hit is found wherever it stands among strings without any', () => {
    for (let before = 4050; before < 4110; before += 1) {
      const json = `["${'a '.repeat(before / 2)}",${'"b",'.repeat(before % 7)}"alice@example.com"]`;
      const mask = new JsonMask({ masks: forms, count, side: 'target' });
      expect([before, inPieces(mask, Buffer.from(json), [8000])]).toEqual([before, json.replace('alice@example.com', '[redacted]')]);
    }
  });

  test('a long value behind the name of a secret is hidden as a whole', () => {
    expect(masked(forms, `{"token":"${'a '.repeat(40_000)}","n":"b"}`)).toBe('{"token":"[redacted]","n":"b"}');
  });
});

describe('by place', () => {
  test.each([
    ['{"users":[{"email":"a","n":1},{"email":null}]}', '{"users":[{"email":"[redacted]","n":1},{"email":null}]}'],
    ['{"users":[{"em\\u0061il":"a"}]}', '{"users":[{"em\\u0061il":"[redacted]"}]}'],
    ['{"users":[{"email":[1,"a",{"b":true,"c":"d"}]}]}', '{"users":[{"email":[null,"[redacted]",{"b":null,"c":"[redacted]"}]}]}'],
    ['{"users":{"x":{"email":"a"}}, "email":"b"}', '{"users":{"x":{"email":"[redacted]"}}, "email":"b"}'],
    ['[{"card" : -1.5e3}]', '[{"card" : null}]'],
    ['{"card":"1","card":"2"}', '{"card":"[redacted]","card":"[redacted]"}'],
    ['{"gone":"x"}\n{"gone":1}', '{"gone":null}\n{"gone":null}'],
    ['{"card":"alice@example.com', '{"card":"[redacted]"'],
    [`{"card":"${'x'.repeat((1 << 20) + 1)}","gone":"${'x'.repeat((1 << 20) + 1)}"}`, '{"card":"[redacted]","gone":null}'],
  ])('%#: %.60s', (json, expected) => expect(masked(both, json)).toBe(expected));

  test('is counted with what it hid', () => {
    masked(fields, '{"card":["a\\u0062",12,true,null]}');
    expect(hits).toEqual([
      ['rule 0', 'ab'],
      ['rule 0', '12'],
      ['rule 0', undefined],
    ]);
  });

  test.each(['{"a":1,}', 'x', '[1 2]', '[01]', '{"card":tru}', "{'card':1}", ')]}\'\n{"card":1}', '{"c\\ard":1}', '// {}\n{}'])(
    'no JSON is refused: %s',
    (json) => expect(() => masked(fields, json)).toThrow(ProtocolError),
  );
});

test('what is not UTF-8 is refused, and so is what is nested too deep', () => {
  expect(() => masked(forms, '{\u0000"\u0000')).toThrow('not in UTF-8');
  expect(() => masked(forms, '"\u0000a\u0000')).toThrow('not in UTF-8');
  const wide = Buffer.from('\ufeff{}', 'utf16le');
  expect(() => inPieces(new JsonMask({ masks: forms, count, side: 'client' }), wide, [1])).toThrow('not in UTF-8');
  expect(masked(forms, `${'['.repeat(512)}${']'.repeat(512)}`)).toHaveLength(1024);
  expect(() => masked(forms, '[{"a":'.repeat(257))).toThrow(GatewayError);
});

test('strings that nobody may change stay, and hits in them are counted apart', () => {
  const apart: string[] = [];
  const json = '{"content":[{"thinking":"alice@example.com","card":"1"},{"text":"alice@example.com"}],"thinking":"bob@example.com"}';
  for (const size of [1, 7, 1000]) {
    const verbatim = {
      at: (way: readonly (string | number)[]) => way[0] === 'content' && ['thinking', 'card'].includes(String(way[2])),
      count: (rule: string) => void apart.push(rule),
    };
    const mask = new JsonMask({ masks: both, count, side: 'target', verbatim });
    expect(inPieces(mask, Buffer.from(json), [size])).toBe(
      '{"content":[{"thinking":"alice@example.com","card":"1"},{"text":"[redacted]"}],"thinking":"[redacted]"}',
    );
    expect([apart.splice(0).length, hits.splice(0).length]).toEqual([2, 2]);
  }
});
