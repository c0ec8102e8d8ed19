/** What HAR 1.2 requires of each object: the kind of each member. http://www.softwareishard.com/blog/har-12-spec/ */
type Shape = Kind | readonly [Shape] | { readonly [key: string]: Shape };
type Kind = 'string' | 'number' | 'integer' | 'date' | 'object';

const HEADER: Shape = { name: 'string', value: 'string' };
const MESSAGE = {
  httpVersion: 'string',
  cookies: [{ name: 'string', value: 'string' }],
  headers: [HEADER],
  headersSize: 'integer',
  bodySize: 'integer',
} as const;
const HAR: Shape = {
  log: {
    version: 'string',
    creator: { name: 'string', version: 'string' },
    entries: [
      {
        startedDateTime: 'date',
        time: 'number',
        request: {
          ...MESSAGE,
          ...{ method: 'string', url: 'string', queryString: [HEADER] },
          'postData?': { mimeType: 'string', text: 'string', params: [{ name: 'string' }] },
        },
        response: {
          ...MESSAGE,
          ...{ status: 'integer', statusText: 'string', redirectURL: 'string' },
          content: {
            size: 'integer',
            mimeType: 'string',
            'compression?': 'integer',
            'text?': 'string',
            'encoding?': 'string',
            'comment?': 'string',
          },
        },
        cache: 'object',
        timings: {
          send: 'number',
          wait: 'number',
          receive: 'number',
          'blocked?': 'number',
          'dns?': 'number',
          'connect?': 'number',
          'ssl?': 'number',
        },
        'connection?': 'string',
        'comment?': 'string',
      },
    ],
  },
};

/** Where a document is not as HAR 1.2 wants it; members of its own begin with `_`. */
export function harFaults(document: unknown): readonly string[] {
  return [...faults(document, HAR, 'har')];
}

function* faults(value: unknown, shape: Shape, at: string): Generator<string> {
  if (typeof shape === 'string') {
    if (!isOf(shape, value)) yield `${at} is no ${shape}`;
  } else if (Array.isArray(shape)) {
    if (!Array.isArray(value)) yield `${at} is no list`;
    else for (const [index, each] of value.entries()) yield* faults(each, shape[0] as Shape, `${at}[${index}]`);
  } else if (typeof value !== 'object' || value === null) yield `${at} is no object`;
  else yield* members(value as Record<string, unknown>, shape as Readonly<Record<string, Shape>>, at);
}

function* members(value: Readonly<Record<string, unknown>>, shape: Readonly<Record<string, Shape>>, at: string): Generator<string> {
  const known = new Set<string>(['comment']);
  for (const [key, inner] of Object.entries(shape)) {
    const name = key.replace('?', '');
    known.add(name);
    if (name in value) yield* faults(value[name], inner, `${at}.${name}`);
    else if (!key.endsWith('?')) yield `${at}.${name} is missing`;
  }
  for (const name of Object.keys(value)) if (!known.has(name) && !name.startsWith('_')) yield `${at}.${name} is not known`;
}

function isOf(kind: Kind, value: unknown): boolean {
  switch (kind) {
    case 'integer':
      return Number.isInteger(value);
    case 'date':
      return typeof value === 'string' && new Date(value).toISOString() === value;
    case 'object':
      return typeof value === 'object' && value !== null;
    default:
      return typeof value === kind;
  }
}
