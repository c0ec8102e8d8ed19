import type { Classification } from '@sallyport/core';
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
  expect([surely(running('ls -l /srv/app')), surely(running('uptime')), surely(running('uptime now'))]).toEqual([true, true, false]);
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
