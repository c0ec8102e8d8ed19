import fc from 'fast-check';

/** What detectors find, or nearly. */
const SAMPLES = [
  'alice@example.com',
  'bob.b+x@mail.example.co.uk',
  '+49 171 1234567',
  '4111 1111 1111 1111',
  'DE89 3704 0044 0532 0130 00',
  '123-45-6789',
  'AKIAIOSFODNN7EXAMPLE',
  `ghp_${'aB3'.repeat(12)}`,
  `-----BEGIN RSA PRIVATE KEY-----\n${'MIIEpAIBAAKCAQEA7bq98xOd\n'.repeat(3)}-----END RSA PRIVATE KEY-----`,
  'api_key = "x7Kq9ZtP2mWv4LrB"',
  'postgres://app:hunter2@db/shop',
  'x7Kq9ZtP2mWv4LrB',
  'HX-12345678',
];
const plain = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('é', '漢字', '😀', '\ud83d', '"', '\\', '\n', '\u0001', '/', '\u2028'));
const sample = fc.constantFrom(...SAMPLES);
const part = fc.tuple(sample, fc.nat(), fc.nat()).map(([text, from, to]) => text.slice(from % text.length).slice(0, to % text.length));

/** Texts with hits, parts of hits, and none. */
export const someText = fc.array(fc.oneof(plain, plain, sample, part), { maxLength: 4 }).map((parts) => parts.join(''));
const number = fc.oneof(
  fc.integer(),
  fc.constantFrom(4111111111111111, 378282246310005, 4111111111111112, 0, -1),
  fc.constantFrom(1.5, 1e21, -2.5e-7),
);
const name = fc.oneof(fc.constantFrom('a', 'b', 'email', 'token', 'client_secret', 'users', 'card', 'gone'), someText);

/** Objects are lists of pairs, so that a name may stand twice. */
interface Node {
  readonly kind: 'scalar' | 'array' | 'object';
  readonly value?: string | number | boolean | null;
  readonly items?: readonly Node[];
  readonly members?: readonly (readonly [string, Node])[];
}

const scalar: fc.Arbitrary<Node> = fc
  .oneof({ weight: 5, arbitrary: someText }, { weight: 2, arbitrary: number }, fc.boolean(), fc.constant(null))
  .map((value) => ({ kind: 'scalar', value }));
const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('node'), { maxLength: 4 }).map((items): Node => ({ kind: 'array', items })),
    fc.array(fc.tuple(name, tie('node')), { maxLength: 4 }).map((members): Node => ({ kind: 'object', members })),
  ),
}));

/** How a document is written: numbers that decide about blanks and escapes, over and over. */
class Spelling {
  readonly #choices: readonly number[];
  #at = 0;

  constructor(choices: readonly number[]) {
    this.#choices = choices;
  }

  gap(): string {
    return ['', '', '', ' ', '\n  ', '\t', '\r\n'][this.#next() % 7] as string;
  }

  string(text: string): string {
    let out = '';
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      const written = JSON.stringify(text[index]).slice(1, -1);
      const alone = unit >= 0xd800 && unit < 0xe000;
      if (alone) out += this.#unit(unit);
      else out += this.#next() % 5 === 0 ? this.#unit(unit) : text[index] === '/' && this.#next() % 2 === 0 ? '\\/' : written;
    }
    return `"${out}"`;
  }

  #unit(unit: number): string {
    const hex = unit.toString(16).padStart(4, '0');
    return `\\u${this.#next() % 2 === 0 ? hex : hex.toUpperCase()}`;
  }

  #next(): number {
    const choice = this.#choices[this.#at % this.#choices.length] ?? 0;
    this.#at += 1;
    return choice;
  }
}

function written({ kind, value, items = [], members = [] }: Node, by: Spelling): string {
  const list = (parts: readonly string[]): string => parts.map((text) => `${by.gap()}${text}${by.gap()}`).join(',');
  switch (kind) {
    case 'scalar':
      return typeof value === 'string' ? by.string(value) : JSON.stringify(value);
    case 'array':
      return `[${list(items.map((item) => written(item, by)))}${items.length === 0 ? by.gap() : ''}]`;
    case 'object':
      return `{${list(members.map(([key, member]) => `${by.string(key)}${by.gap()}:${by.gap()}${written(member, by)}`))}}`;
  }
}

/** A document of JSON, spelled in many ways. */
export const someJson: fc.Arbitrary<string> = fc
  .tuple(node, fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 30 }))
  .map(([document, choices]) => written(document, new Spelling(choices)));

/** What is nearly JSON: several documents, one that ends early, one with a byte of another kind in it. */
export const nearlyJson: fc.Arbitrary<Buffer> = fc.oneof(
  fc.array(someJson, { maxLength: 3 }).map((all) => Buffer.from(all.join('\n'))),
  fc.tuple(someJson, fc.nat()).map(([json, at]) => Buffer.from(json).subarray(0, at % (json.length + 1))),
  fc
    .tuple(someJson, fc.nat(), fc.constantFrom(...',:"\\{}[]x0 @\n\u0001', '\0', 'alice@example.com', '4111 1111 1111 1111'))
    .map(([json, at, sign]) => {
      const bytes = Buffer.from(json);
      return Buffer.concat([bytes.subarray(0, at % (bytes.length + 1)), Buffer.from(sign), bytes.subarray(at % (bytes.length + 1))]);
    }),
  fc
    .array(fc.oneof(fc.constantFrom(...'{}[],:"\\u0041 etrufalsn-1.\n'), someText), { maxLength: 30 })
    .map((all) => Buffer.from(all.join(''))),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
);

/** Sizes of pieces, over and over. */
export const pieceSizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 60 })), {
  minLength: 1,
  maxLength: 8,
});
