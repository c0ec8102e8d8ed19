import fc from 'fast-check';
import { carriesUtf8, clientSettings } from './client-settings.ts';

const settings = (startup: Record<string, string>): Record<string, string> =>
  Object.fromEntries(clientSettings(new Map(Object.entries(startup))));
const always = { client_encoding: 'UTF8', standard_conforming_strings: 'on' };

describe('the settings of a StartupMessage', () => {
  test('are asked of the target one by one; what the client names itself beats its options', () => {
    const startup = {
      user: 'alice',
      database: 'shop',
      DateStyle: 'ISO',
      TimeZone: 'UTC',
      options: '-c timezone=Mars --Statement-Timeout=5s -cjit=off',
      replication: 'off',
      '_pq_.x': '1',
    };
    expect(settings(startup)).toEqual({ ...always, timezone: 'UTC', statement_timeout: '5s', jit: 'off', datestyle: 'ISO' });
  });

  test('a backslash keeps the next character of options literal', () => {
    expect(settings({ options: String.raw`-c application_name=a\ b\\c -c search_path=x` })).toEqual({
      ...always,
      application_name: 'a b\\c',
      search_path: 'x',
    });
  });

  test.each(["'utf-8'", 'UTF8', 'unicode', 'SQL_ASCII'])('the encoding %s becomes UTF8', (encoding) => {
    expect(settings({ client_encoding: encoding })).toEqual(always);
  });

  test.each(['SJIS', 'BIG5', 'GBK', 'GB18030', 'UHC', 'JOHAB', 'SHIFT_JIS_2004', 'LATIN1', 'WIN1252', ''])(
    'the encoding %j is refused',
    (encoding) => {
      expect(() => settings({ client_encoding: encoding })).toThrow(expect.objectContaining({ sqlState: '22023' }));
    },
  );

  test('once a session runs, SQL_ASCII carries what the database has', () => {
    expect(carriesUtf8('UTF8', 'LATIN1')).toBe(true);
    expect(carriesUtf8('SQL_ASCII', 'UTF8')).toBe(true);
    for (const server of ['LATIN1', 'SQL_ASCII', undefined]) expect(carriesUtf8('SQL_ASCII', server)).toBe(false);
    expect(carriesUtf8('SJIS', 'UTF8')).toBe(false);
  });

  test.each(['role', 'Session_Authorization', 'session_preload_libraries', 'local_preload_libraries', 'app.user', 'row_security', 'x'])(
    '%s is refused, however it is given',
    (name) => {
      for (const startup of [{ [name]: 'x' }, { options: `-c ${name}=x` }, { options: `--${name.replaceAll('_', '-')}=x` }]) {
        expect(() => settings(startup)).toThrow(expect.objectContaining({ sqlState: '0A000' }));
      }
    },
  );

  test('nothing that is said changes the encoding or the strings, or lets an unknown setting pass', () => {
    const name = fc.constantFrom('client_encoding', 'CLIENT_ENCODING', 'standard_conforming_strings', 'role', 'options', 'datestyle');
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom('-c role=x', '-c standard_conforming_strings=off', '--client-encoding=SJIS', 'UTF8', 'on', 'off'),
    );
    fc.assert(
      fc.property(fc.dictionary(name, value), (startup) => {
        let asked: Record<string, string> = always;
        try {
          asked = settings(startup);
        } catch (error) {
          expect(error).toMatchObject({ name: 'SqlStateError' });
        }
        expect(asked).toMatchObject(always);
        expect(asked).not.toHaveProperty('role');
      }),
    );
  });
});
