import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, parseConfig } from './load.ts';
import { sampleProtocol } from './sample-protocol.ts';

const protocols = [sampleProtocol(), sampleProtocol('other', 3306)];
const parse = (text: string) => parseConfig(text, '/etc/sallyport/sallyport.yaml', protocols);

/** Everything that is wrong, without the file's name. */
function problems(text: string): readonly string[] {
  try {
    parse(text);
    return [];
  } catch (error) {
    return (error as Error).message.split('\n').map((line) => line.replace('/etc/sallyport/sallyport.yaml:', ''));
  }
}

const target = '  db: { protocol: postgres, address: db, credentials: { username: app } }\n';

describe("the design's file", () => {
  const config = parse(`
data_dir: ./.sallyport
admin: { listen: 127.0.0.1:8420 }
tls: { names: [gateway.example.com] }
identity:
  users:
    alice: { groups: [developers], ssh_keys: ["ssh-ed25519 AAAA..."] }
    copilot: { kind: agent, groups: [agents] }
targets:
  shop-db:
    protocol: postgres
    listen: 127.0.0.1:15432
    address: db.internal:5432
    tls: verify-full
    database: shop
    databases: [shop_archive]
    credentials: { username: app, password: "\${env:SHOP_DB_PASSWORD}" }
    functions: [public.uuid_generate_v4]
    labels: { env: prod, team: payments }
access:
  - { groups: [developers, agents], targets: ["shop-*"] }
  - { groups: [oncall], labels: { env: prod }, approval: { groups: [leads], for: 1h } }
defaults: { person: [read, write, session], agent: [read, session] }
rules:
  - name: schema changes need a DBA
    match: { protocol: [postgres, mysql], class: [ddl, privilege] }
    action: hold
    approval: { groups: [dba], count: 1, timeout: 10m, grant: once }
  - name: no unfiltered deletes by agents
    match: { kind: agent, unfiltered: true }
    action: deny
    message: add a WHERE clause
    enforce: true
masking:
  - { name: card numbers, columns: ["public.customers.card_number"], method: partial }
recording: { durability: strict, results: full, keep: 90d }
`);

  test('becomes targets, with the secret still a reference and the rest read by the protocol', () => {
    expect(config.targets).toEqual([
      {
        name: 'shop-db',
        protocol: 'postgres',
        listen: '127.0.0.1:15432',
        host: 'db.internal',
        port: 5432,
        tls: { mode: 'verify-full' },
        credentials: { username: { from: 'literal', value: 'app' }, password: { from: 'env', name: 'SHOP_DB_PASSWORD' } },
        labels: { env: 'prod', team: 'payments' },
        results: 'full',
        options: { database: 'shop', databases: ['shop_archive'], functions: ['public.uuid_generate_v4'], sign_in: 'auto' },
      },
    ]);
  });

  test('becomes users, masks, recording and paths', () => {
    expect(config.users).toEqual([
      { name: 'alice', kind: 'person', groups: ['developers'], sshKeys: ['ssh-ed25519 AAAA...'] },
      { name: 'copilot', kind: 'agent', groups: ['agents'], sshKeys: [] },
    ]);
    expect(config.masks).toEqual([{ name: 'card numbers', columns: ['public.customers.card_number'], method: 'partial' }]);
    expect(config.recording).toEqual({ durability: 'strict', results: 'full', keepMs: 7_776_000_000 });
    expect(config).toMatchObject({ dataDir: '/etc/sallyport/.sallyport', admin: { listen: '127.0.0.1:8420' }, demo: false });
    expect(config.tls).toMatchObject({ names: expect.arrayContaining(['gateway.example.com', 'localhost', '127.0.0.1', '::1']) });
  });

  test('becomes policy', () => {
    const approval = { groups: ['dba'], count: 1, timeoutMs: 600_000, transactionTimeoutMs: 30_000, grant: 'once' };
    expect(config.policy).toEqual({
      access: [
        { groups: ['developers', 'agents'], targets: ['shop-*'] },
        {
          groups: ['oncall'],
          labels: { env: ['prod'] },
          approval: { ...approval, groups: ['leads'], transactionTimeoutMs: 600_000, grant: 'rule', forMs: 3_600_000 },
        },
      ],
      defaults: { person: ['read', 'write', 'session'], agent: ['read', 'session'] },
      rules: [
        {
          name: 'schema changes need a DBA',
          match: { protocol: ['postgres', 'mysql'], class: ['ddl', 'privilege'] },
          action: 'hold',
          enforce: true,
          approval,
        },
        {
          name: 'no unfiltered deletes by agents',
          match: { kind: ['agent'], unfiltered: true },
          action: 'deny',
          enforce: true,
          message: 'add a WHERE clause',
        },
      ],
    });
  });

  test('warns of names that nothing bears and of approvals that nobody can give', () => {
    expect(config.warnings.map(({ line, path, message }) => `${line} ${path}: ${message}`)).toEqual([
      `22 access[1].groups[0]: "oncall" is no user's group.`,
      '22 access[1].approval.groups: nobody is in leads, so this can never be approved.',
      '26 rules[0].match.protocol[1]: "mysql" is no protocol of this release.',
      '28 rules[0].approval.groups: nobody is in dba, so this can never be approved.',
    ]);
  });

  test('is frozen', () => {
    expect(Object.isFrozen(config.policy.rules[0]?.match)).toBe(true);
    expect(Object.isFrozen(config.targets[0]?.options)).toBe(true);
  });
});

describe('defaults', () => {
  test('of a small file', () => {
    const config = parse(`targets:\n${target}  two: { protocol: other, address: "[::1]:99", credentials: { username: app } }\n`);
    expect(config.targets.map(({ listen, host, port }) => ({ listen, host, port }))).toEqual([
      { listen: '127.0.0.1:15432', host: 'db', port: 5432 },
      { listen: '127.0.0.1:13306', host: '::1', port: 99 },
    ]);
    expect(config).toMatchObject({
      admin: { listen: '127.0.0.1:8420' },
      policy: { access: [], rules: [], defaults: { person: ['read', 'write', 'session'], agent: ['read', 'session'] } },
      recording: { durability: 'strict', results: 'full' },
      users: [],
    });
  });

  test('targets share a listener', () => expect(problems(`targets:\n${target}${target.replace('db:', 'two:')}`)).toEqual([]));
});

test.each([
  ['', '1:1: the file is empty.'],
  ['- a', '1:1: must be a set of keys.'],
  ['targets: {', '1:11: Flow map in block collection must be sufficiently indented and end with a }.'],
  [`targets: {}\ntargets: {}`, '2:1: Map keys must be unique.'],
  ['data-dir: x\ntargets: {}', '1:1: data-dir: there is no such key. Did you mean data_dir?'],
  [
    'targets: {}\nsurprise: 1',
    '2:1: surprise: there is no such key. Here stand: data_dir, admin, tls, forward_ca, identity, targets, access, defaults, rules, masking, recording, demo.',
  ],
  ['rules: []', '1:1: targets: is missing.'],
  ['targets: {}\nrules:', '2:7: rules: has no value: give it one or leave the key out.'],
  ...['http://localhost.example.com', 'http://127.0.0.1.example.com/x', 'http://localhost@example.com'].map((issuer) => [
    `targets: {}\nidentity: { oidc: { issuer: "${issuer}", client_id: x } }`,
    `2:29: identity.oidc.issuer: must be an https URL, exactly as its tokens name it, not "${issuer}".`,
  ]),
  [
    'targets: {}\nidentity: { oidc: { issuer: http://idp.example.com, client_id: x } }',
    '2:29: identity.oidc.issuer: must be an https URL, exactly as its tokens name it, not "http://idp.example.com".',
  ],
  [
    'targets: {}\nadmin: { listen: 127.0.0.1:1, tls: true }',
    '2:31: admin.tls: TLS for the admin API comes with a later release; keep admin.listen on 127.0.0.1 and reach it through a tunnel.',
  ],
  [
    'targets: {}\nadmin: { listen: "0.0.0.0:8420" }',
    '2:18: admin.listen: the admin API would be open to other machines without TLS, which comes with a later release; use 127.0.0.1 and reach it through a tunnel.',
  ],
  [
    'targets: {}\nidentity: { users: { a@b: {} } }',
    '2:22: identity.users["a@b"]: the name must begin with a letter or digit and go on with letters, digits, ".", "_" or "-", 63 at most.',
  ],
  ['targets: {}\nidentity: { users: { a: { groups: [1] } } }', '2:36: identity.users.a.groups[0]: must be text: put it in quotes.'],
  ['targets: {}\ntls: { cert: x }', '2:6: tls: cert and key belong together: give both files.'],
  [
    'targets: {}\ntls: { cert: x, key: y, names: z }',
    '2:32: tls.names: a certificate of your own brings its names: leave out names, or cert and key.',
  ],
  ['targets: {}\nrecording: { keep: 0d }', '2:20: recording.keep: must be a duration above zero and at most 36500d, not "0d".'],
  [
    'targets: {}\nrules: [{ name: a, match: {}, action: denied }]',
    '2:39: rules[0].action: must be one of allow, deny, hold, not "denied".',
  ],
  [
    'targets: {}\nrules: [{ name: a, match: { kind: [person, robot] }, action: deny }]',
    '2:44: rules[0].match.kind[1]: must be one of person, agent, not "robot".',
  ],
  ['targets: {}\nrules: [{ name: a, match: { class: [] }, action: deny }]', '2:36: rules[0].match.class: must not be empty.'],
  [
    'targets: {}\nrules: [{ name: a, match: { unfiltered: "yes" }, action: deny }]',
    '2:41: rules[0].match.unfiltered: must be true or false.',
  ],
  [
    'targets: {}\nrules: [{ name: a, match: {}, action: hold }]',
    '2:9: rules[0]: holds commands but names nobody to approve them: add approval: { groups: [...] }.',
  ],
  [
    'targets: {}\nrules: [{ name: a, match: {}, action: allow, message: x }]',
    '2:55: rules[0].message: belongs to action: deny, not allow.',
  ],
  [
    'targets: {}\nrules: [{ name: a, match: {}, action: allow, enforce: false }]',
    '2:55: rules[0].enforce: shadow mode is for deny and hold: an allow that is not enforced does nothing.',
  ],
  [
    'targets: {}\nrules: [{ name: a, match: {}, unless: {}, action: deny }]',
    '2:39: rules[0].unless: is empty and would exempt nothing: leave it out, or name who or what is exempt.',
  ],
  [
    'targets: {}\nrules: [{ name: a, match: {}, action: deny, record: off }]',
    '2:53: rules[0].record: has no effect on a denial, which is always recorded.',
  ],
  [
    'targets: {}\nrules: [{ name: a, match: {}, action: hold, approval: { groups: dba, grant: shape } }]',
    '2:55: rules[0].approval: grant: shape needs an end: add for, such as for: 1h.',
  ],
  [
    'targets: {}\nrules: [{ name: a, match: {}, action: hold, approval: { groups: dba, for: 1h } }]',
    '2:75: rules[0].approval.for: belongs to a grant that lasts: add grant: exact, shape or rule.',
  ],
  [
    'targets: {}\nrules:\n  - { name: a, match: {}, action: deny }\n  - { name: a, match: {}, action: deny }',
    '4:13: rules[1].name: "a" is the name of rules[0] too: recordings could not tell them apart.',
  ],
  ['targets: {}\naccess: [{ targets: a }]', '2:10: access[0]: says not whom it lets in: add groups or users ("*" for everybody).'],
  ['targets: {}\naccess: [{ users: a }]', '2:10: access[0]: says not where it lets in: add targets or labels (targets: "*" for all).'],
  [
    'targets: {}\nmasking: [{ name: a, columns: a.b.c.d, method: hash }]',
    '2:31: masking[0].columns: "a.b.c.d" is no column pattern: write schema.table.column, table.column or *.column.',
  ],
  [
    'targets: {}\nmasking: [{ name: a, columns: b, method: null }]',
    '2:42: masking[0].method: is nothing at all to YAML: write "null", in quotes.',
  ],
  [
    'targets: {}\nmasking: [{ name: a, method: hash }]',
    '2:11: masking[0]: says not what it masks: add columns, detect, pattern or fields.',
  ],
  [
    'targets: {}\nmasking: [{ name: a, columns: "*.a", detect: [jwt], method: hash }]',
    '2:46: masking[0].detect: does not go together with columns: a rule has columns, detect, pattern or fields. Make it two rules.',
  ],
  [
    'targets: {}\nmasking: [{ name: a, detect: [jwt, aws-keys], method: hash }]',
    '2:36: masking[0].detect[1]: must be one of email, phone, card, iban, us-ssn, aws-key, github-token, gitlab-token, slack-token, jwt, private-key, api-key, url-password, not "aws-keys". Did you mean aws-key?',
  ],
  [
    'targets: {}\nmasking: [{ name: a, pattern: [HX, "HX-("], method: redact }]',
    '2:36: masking[0].pattern[1]: "HX-(" is no pattern: missing closing ): `HX-(`. The syntax is RE2\'s: no look-around, no back-references.',
  ],
  [
    'targets: {}\nmasking: [{ name: a, pattern: "x*", method: redact }]',
    '2:31: masking[0].pattern: "x*" matches the empty text: it would be found everywhere. Let it need a character at least.',
  ],
  [
    'targets: {}\nmasking: [{ name: a, fields: ["$..a", "$.a["], method: redact }]',
    '2:39: masking[0].fields[1]: "$.a[" is no place in JSON: write $.users[*].email, $.users[0].email, $..email, $.* or $[\'odd name\'].',
  ],
  [
    'targets: {}\nmasking: [{ name: a, columns: "*.a", requests: true, method: redact }]',
    '2:48: masking[0].requests: does not go together with columns: a request has none. Use detect, pattern or fields.',
  ],
  [
    'targets: {}\nmasking: [{ name: a, columns: "*.email", method: token }]',
    '2:11: masking[0]: tokens need a domain, such as domain: contact: within it the same value has the same token.',
  ],
  [
    'targets: {}\nmasking: [{ name: a, columns: "*.email", method: hash, domain: contact }]',
    '2:64: masking[0].domain: belongs to method: token, not hash.',
  ],
  [
    'targets: {}\nmasking: [{ name: a, columns: "*.email", method: tokens, domain: contact }]',
    '2:50: masking[0].method: must be one of redact, partial, hash, token, null, not "tokens". Did you mean token?',
  ],
])('%j', (text, problem) => expect(problems(text)).toEqual([problem]));

test("a company's CA is two files beside the configuration", () => {
  expect(parse('targets: {}\nforward_ca: { cert: ca.pem, key: ./ca.key }').forwardCa).toEqual({
    cert: '/etc/sallyport/ca.pem',
    key: '/etc/sallyport/ca.key',
  });
  expect(parse('targets: {}').forwardCa).toBeUndefined();
  expect(problems('targets: {}\nforward_ca: { cert: ca.pem }')).toEqual(['2:13: forward_ca.key: is missing.']);
});

describe('targets', () => {
  const with_ = (more: string) => problems(`targets:\n  db: { protocol: postgres, address: db, credentials: { username: app }, ${more} }`);

  test.each([
    ['sign_in: scrum', '2:83: targets.db.sign_in: must be one of auto, scram, password, not "scrum". Did you mean scram?'],
    ['databse: x', '2:74: targets.db.databse: there is no such key. Did you mean database?'],
    ['listen: "1"', '2:82: targets.db.listen: must be host:port, such as 127.0.0.1:15432 or [::1]:15432, not "1".'],
    ['listen: 127.0.0.1:8420', '2:82: targets.db.listen: 127.0.0.1:8420 is taken by the admin API: choose another port.'],
    ['tls: disable, ca: ./ca.pem', '2:92: targets.db.ca: has no effect with tls: disable; use tls: verify-full.'],
    ['database: a, databases: [a]', '2:98: targets.db.databases: must not list `database` again.'],
  ])('%s', (more, problem) => expect(with_(more)).toEqual([problem]));

  test('an unknown or missing protocol', () => {
    expect(problems('targets: { db: { protocol: postgress } }')).toEqual([
      '1:28: targets.db.protocol: this release speaks postgres, other, not "postgress". Did you mean postgres?',
    ]);
    expect(problems('targets: { db: {} }')).toEqual(['1:16: targets.db.protocol: is missing: one of postgres, other.']);
  });

  test('different protocols cannot share a listener, nor can one address hide in another', () => {
    const two = (listen: string, protocol: string) =>
      problems(`targets:\n${target}  two: { protocol: ${protocol}, listen: "${listen}", address: db, credentials: { username: app } }`);
    expect(two('127.0.0.1:15432', 'other')).toEqual([
      '3:35: targets.two.listen: 127.0.0.1:15432 is taken by targets.db: choose another port.',
    ]);
    expect(two('0.0.0.0:15432', 'postgres')).toEqual([
      '3:38: targets.two.listen: 0.0.0.0:15432 is taken by targets.db: choose another port.',
    ]);
    expect(two('127.0.0.1:15432', 'postgres')).toEqual([]);
  });
});

describe('secrets', () => {
  const withPassword = (password: string, demo = false) =>
    problems(`demo: ${demo}\ntargets:\n  db: { protocol: postgres, address: db, credentials: { username: app, password: ${password} } }`);

  test('must be references outside a demo; the value is never repeated', () => {
    expect(withPassword('hunter2')).toEqual([
      '3:82: targets.db.credentials.password: must not stand in this file: write ${env:NAME} or ${file:PATH} (only a file with demo: true may hold secrets).',
    ]);
    expect(withPassword('12345')).toEqual(['3:82: targets.db.credentials.password: must be text: put it in quotes.']);
    expect(withPassword('hunter2', true)).toEqual([]);
  });

  test('what only looks like a reference is none', () => {
    for (const text of ['"x${env:A}"', '"${vault:a}"']) {
      expect(withPassword(text, true)).toEqual([
        '3:82: targets.db.credentials.password: is no reference: write ${env:NAME} or ${file:PATH}, and nothing around it.',
      ]);
    }
  });

  test('files start from the folder of the configuration', () => {
    const config = parse(
      'targets:\n  db: { protocol: postgres, address: db, credentials: { username: app, password: "${file:./pw}" }, ca: ca.pem }',
    );
    expect(config.targets[0]).toMatchObject({
      credentials: { password: { from: 'file', path: '/etc/sallyport/pw' } },
      tls: { mode: 'verify-full', caFile: '/etc/sallyport/ca.pem' },
    });
  });
});

test('many mistakes are told at once, in the order of the file', () => {
  const found = problems('rules:\n  - nothing\ndata-dir: x\ntargets: {}\nrecording: { durability: strickt }\n');
  expect(found).toEqual([
    '2:5: rules[0]: must be a set of keys.',
    '3:1: data-dir: there is no such key. Did you mean data_dir?',
    '5:26: recording.durability: must be one of strict, fast, not "strickt". Did you mean strict?',
  ]);
});

test('a target that goes over the network in the clear is warned of', () => {
  const config = parse(`targets:\n${target.replace('address: db', 'address: db, tls: disable')}`);
  expect(config.warnings.map(({ path }) => path)).toEqual(['access', 'targets.db.tls']);
});

describe('the file itself', () => {
  test('is read; one that is missing, no text or huge is refused in a sentence', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-config-'));
    try {
      const file = join(folder, 'sallyport.yaml');
      await expect(loadConfig(file, protocols)).rejects.toThrow(`The configuration ${file} does not exist.`);
      await writeFile(file, 'targets: {}\n');
      expect(await loadConfig(file, protocols)).toMatchObject({ file, dataDir: join(folder, '.sallyport') });
      await writeFile(file, Buffer.from([0xff, 0xfe, 0x00]));
      await expect(loadConfig(file, protocols)).rejects.toThrow('is not UTF-8 text');
      await writeFile(file, Buffer.alloc((1 << 20) + 1, '#'));
      await expect(loadConfig(file, protocols)).rejects.toThrow('larger than 1 MiB');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('aliases that multiply beyond reason are refused', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((key, index) => `${key}: &${key} [${Array(9).fill(`*${'abcdefg'[index]}`)}]`),
    ].join('\n');
    expect(problems(bomb)[0]).toContain('cannot be read: Excessive alias count');
  });
});
