import { type Classification, OBJECT_KEYS } from '@sallyport/core';
import fc from 'fast-check';
import { compileObjects } from './object.ts';

const running = (command: string): Classification => ({
  class: ['write'],
  verbs: ['EXEC'],
  relations: [],
  unfiltered: false,
  objects: { command: [command] },
});
const moving = (...paths: string[]): Classification => ({ ...running(''), verbs: ['UPLOAD'], objects: { paths } });

test('a denial goes by what may be meant, also where a shell would read more than stands there', () => {
  const { may } = compileObjects({ command: ['systemctl stop *'] });
  expect(may(running('systemctl stop nginx'))).toBe(true);
  expect(may(running('systemctl stop nginx; reboot'))).toBe(true);
  expect(may(running('systemctl status'))).toBe(false);
});

test.each(['ls /srv; reboot', 'ls /srv\nreboot', 'ls $(reboot)', 'ls `reboot`', 'ls | sh', 'ls > /etc/passwd', 'ls "/srv"', 'ls \\\n-l'])(
  'no `*` of an allow stands for %j',
  (command) => {
    expect(compileObjects({ command: ['ls *'] }).surely(running(command))).toBe(false);
    expect(compileObjects({ command: [command] }).surely(running(command))).toBe(true); // written out it is what somebody meant
  },
);

test('an allow means plain words', () => {
  const { surely } = compileObjects({ command: ['ls *', 'uptime'] });
  expect([surely(running('ls /srv/app')), surely(running('uptime')), surely(running('uptime now'))]).toEqual([true, true, false]);
});

test.each([
  ['another word', 'tail /var/log/shop /etc/shadow'],
  ['another line of words', 'tail  /var/log/shop'],
  ['a path that climbs', 'tail /var/log/../../etc/shadow'],
  ['a pattern of the shell', 'tail /var/log/?hop'],
  ['a tab', 'tail /var/log/shop\t/etc/shadow'],
])('a `*` of an allow stands for a part of one word, not for %s', (_, command) => {
  const { may, surely } = compileObjects({ command: ['tail /var/log/*'] });
  expect(surely(running(command))).toBe(false);
  expect(surely(running('tail /var/log/shop'))).toBe(true);
  expect(may(running('tail /var/log/shop /etc/shadow'))).toBe(true); // what restricts is read widely
});

test('a `*` that begins a word is no option, unless the pattern says so', () => {
  const { surely } = compileObjects({ command: ['systemctl restart *', 'df -*'] });
  expect([surely(running('systemctl restart nginx')), surely(running('systemctl restart --host=evil'))]).toEqual([true, false]);
  expect(surely(running('df -h'))).toBe(true);
});

test('a permission needs every path, a restriction one of them', () => {
  const { may, surely } = compileObjects({ paths: ['/srv/app/*'] });
  expect([may(moving('/srv/app/a', '/etc/passwd')), surely(moving('/srv/app/a', '/etc/passwd'))]).toEqual([true, false]);
  expect(surely(moving('/srv/app/a', '/srv/app/b'))).toBe(true);
});

test('where more may be meant than is named, it is held back and not permitted', () => {
  const { may, surely } = compileObjects({ paths: ['/srv/app/*'] });
  const known = moving('/srv/app/a');
  const partly = { ...moving('/etc/motd'), incomplete: ['paths'] } as const;
  expect([may(known), surely(known)]).toEqual([true, true]);
  expect([may(partly), surely({ ...known, incomplete: ['paths'] })]).toEqual([true, false]);
  expect([may({ ...moving('/etc/motd'), incomplete: ['refs'] }), surely({ ...known, incomplete: ['refs'] })]).toEqual([false, true]);
});

test('a command that names nothing of the kind is never meant', () => {
  const { may, surely } = compileObjects({ refs: ['*'] });
  expect([may(moving('/a')), surely(moving('/a'))]).toEqual([false, false]);
});

describe('HTTP requests', () => {
  const asking = (objects: Classification['objects'] & object): Classification => ({ ...running(''), verbs: ['GET'], objects });
  const way = (match: Parameters<typeof compileObjects>[0], objects: Classification['objects'] & object) => {
    const { may, surely } = compileObjects(match);
    return [may(asking(objects)), surely(asking(objects))];
  };

  test('a restriction reads paths, hosts, repositories and operations whatever their case, a permission as they are', () => {
    expect(way({ paths: ['/admin/*'] }, { paths: ['/Admin/users'] })).toEqual([true, false]);
    expect(way({ paths: ['/admin'] }, { paths: ['/admin/'] })).toEqual([true, false]);
    expect(way({ paths: ['/'] }, { paths: ['/'] })).toEqual([true, true]);
    expect(way({ hosts: ['API.example.com'] }, { hosts: ['api.example.com'] })).toEqual([true, false]);
    expect(way({ repository: ['acme/shop'] }, { repository: ['Acme/Shop'] })).toEqual([true, false]);
    expect(way({ operations: ['graphql:merge*'] }, { operations: ['graphql:mergePullRequest'] })).toEqual([true, true]);
  });

  test('of a path that reads in two ways, one is enough to restrict and both are needed to permit', () => {
    const paths = ['/public%2F..admin', '/public/..admin'];
    expect(way({ paths: ['/public/*'] }, { paths })).toEqual([true, false]);
    expect(way({ paths: ['/public*'] }, { paths })).toEqual([true, true]);
  });

  test('a header is permitted where every one of its name is meant; others are not asked', () => {
    const headers = ['content-type: text/plain', 'x-env: test', 'accept: */*'];
    expect(way({ headers: ['X-Env: test'] }, { headers })).toEqual([true, true]);
    expect(way({ headers: ['x-env:test'] }, { headers: [...headers, 'x-env: prod'] })).toEqual([true, false]);
    expect(way({ headers: ['x-env: TEST'] }, { headers })).toEqual([true, false]);
    expect(way({ headers: ['x-*: test'] }, { headers })).toEqual([true, true]);
    expect(way({ headers: ['x-other: *'] }, { headers })).toEqual([false, false]);
    expect(way({ headers: ['x-env: a: *'] }, { headers: ['x-env: a: b'] })).toEqual([true, true]);
  });

  test('a query is permitted where every parameter is meant', () => {
    expect(way({ query: ['page=*', 'per_page=*'] }, { query: ['page=2'] })).toEqual([true, true]);
    expect(way({ query: ['page=*'] }, { query: ['page=2', 'admin=1'] })).toEqual([true, false]);
    expect(way({ query: ['admin=1'] }, { query: ['Admin=1'] })).toEqual([true, false]);
    expect(way({ query: ['q=a*'] }, { query: ['q= a=b'] })).toEqual([false, false]);
    expect(way({ query: ['p*=1'] }, { query: ['path=2=1'] })).toEqual([false, false]);
    expect(way({ query: ['page=*'] }, {})).toEqual([false, false]);
  });
});

test('what is meant for certain may be meant, whatever the kind', () => {
  const name = fc
    .array(fc.constantFrom('a', 'B', '/', ':', '=', ' ', '*', '?', '-'), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join(''));
  const names = fc.array(name, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.constantFrom(...OBJECT_KEYS), names, names, (key, patterns, said) => {
      const { may, surely } = compileObjects({ [key]: patterns });
      const command: Classification = { ...running(''), objects: { [key]: said } };
      return !surely(command) || may(command);
    }),
    { numRuns: 20_000 },
  );
});
