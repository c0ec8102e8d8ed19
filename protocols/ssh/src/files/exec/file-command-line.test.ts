import fc from 'fast-check';
import { classifyFileCommand, fileCommandLine } from './file-command-line.ts';
import { shellWords } from './shell-words.ts';

const line = (text: string, home: string | null = '/home/app') => fileCommandLine(Buffer.from(text), home ?? undefined);
const facts = (text: string, home: string | null = '/home/app') => {
  const found = line(text, home);
  if (found === undefined) return undefined;
  const { class: classes, verbs, objects } = classifyFileCommand(found);
  return [classes, verbs, objects?.paths];
};

describe('command lines of scp', () => {
  test.each([
    ['scp -t /srv/app', ['write'], ['UPLOAD'], ['/srv/app']],
    ['scp -v -r -p -d -t -- -x', ['write'], ['UPLOAD'], ['/home/app/-x']],
    ['scp -f /srv/../etc/x', ['read'], ['DOWNLOAD'], ['/etc/x']],
    ["scp -r -f '/srv/a b'", ['read'], ['DOWNLOAD'], ['/srv/a b']],
    ['scp -qrt a\\ b', ['write'], ['UPLOAD'], ['/home/app/a b']],
    ['scp -t ~/x', ['write'], ['UPLOAD'], ['/home/app/x']],
    ['scp -t ~', ['write'], ['UPLOAD'], ['/home/app']],
    ['scp -t "~/x"', ['write'], ['UPLOAD'], ['/home/app/~/x']],
    ['scp -t .', ['write'], ['UPLOAD'], ['/home/app']],
    ['scp -f /srv/*.log', ['read'], ['DOWNLOAD'], ['/srv']],
  ])('%s', (text, ...expected) => {
    expect(facts(text)).toEqual(expected);
  });

  test.each([
    'scp -t /srv; rm -rf /',
    'scp -t $HOME/x',
    'scp -t `id`',
    'scp -f /srv/x && id',
    'scp -t /srv/x\nid',
    'scp -t "a\\"b"',
    'scp -t "/srv/x',
    "scp -t 'a\\\\b'",
    'scp -t ~root/x',
    'scp -t =id',
    'scp -t a=~root/x',
    'scp -t a:~/x',
    'scp -t /srv/{a,b}',
    'scp -t /srv/*',
    'scp -f /*/shadow',
    'scp -f a b',
    'scp -t -f /srv/x',
    'scp /srv/x',
    'scp -S id -t /srv/x',
    'scp -oProxyCommand=id -t /srv',
    'scp -t',
    'SCP=1 scp -t x',
    '/usr/bin/scp -t /srv',
    'scp -t /srv > /etc/x',
    '',
  ])('%j is an ordinary one', (text) => {
    expect(line(text)).toBeUndefined();
  });

  test.each([
    ['scp -t .', 'exists'],
    ['scp -t /srv/..', 'exists'],
    ['scp -t ../', 'exists'],
    ['scp -t ~', 'exists'],
    ['scp -t /', 'exists'],
    ['scp -t /srv/', 'slash'],
    ['scp -t /srv', undefined],
    ['scp -t /srv/x.', undefined],
  ])('%s: what its form says of a directory', (text, directory) => {
    expect(line(text)).toMatchObject({ path: { directory } });
  });

  test('where nobody knows the start directory, what counts from it is of class unknown', () => {
    expect(facts('scp -t x', null)).toEqual([['write', 'unknown'], ['UPLOAD'], ['~/x']]);
    expect(facts('scp -t ../x', null)).toBeUndefined();
    expect(facts('scp -t /x', null)).toEqual([['write'], ['UPLOAD'], ['/x']]);
  });
});

describe('command lines of rsync', () => {
  test.each([
    ['rsync --server -vlogDtpre.iLsfxCIvu . /srv/app', ['write'], ['UPLOAD'], ['/srv/app']],
    ['rsync --server --sender -logDtpre.iLsfxCIvu . /srv/a b', ['read'], ['DOWNLOAD'], ['/srv/a', '/home/app/b']],
    ['rsync --server -logDtpre.iLsfxCIvu --delete-during . x', ['write'], ['UPLOAD', 'REMOVE'], ['/home/app/x']],
    ['rsync --server --sender -ve.LsfxCIvu --remove-source-files . x', ['read', 'write'], ['DOWNLOAD', 'REMOVE'], ['/home/app/x']],
    ['rsync --server -re.LsfxCIvu --partial-dir .p --backup-dir=/bak . /srv', ['write'], ['UPLOAD'], ['/srv', '/srv/.p', '/bak']],
    ['rsync --server -re.LsfxCIvu --bwlimit=100 --inplace --files-from=- . /srv/a\\ b', ['write'], ['UPLOAD'], ['/srv/a b']],
  ])('%s', (text, ...expected) => {
    expect(facts(text)).toEqual(expected);
  });

  test.each([
    'rsync --server -se.LsfxCIvu . .',
    'rsync --server --daemon .',
    'rsync --server -re.LsfxCIvu --log-file=/etc/x . /srv',
    'rsync --server -re.LsfxCIvu --config=x . /srv',
    'rsync --server -re.LsfxCIvu --write-batch=x . /srv',
    'rsync --server -re.LsfxCIvu --files-from=/etc/x . /srv',
    'rsync --server -re.LsfxCIvu . /srv/*',
    'rsync --server -re.LsfxCIvu /srv',
    'rsync --server -re.LsfxCIvu .',
    'rsync -e id --server . /srv',
    'rsync -a a b',
    'rsync --server -re.LsfxCIvu . /srv; id',
  ])('%j is an ordinary one', (text) => {
    expect(line(text)).toBeUndefined();
  });
});

test('words between single quotes come out as they are', () => {
  const word = fc.string({ unit: fc.constantFrom('a', ' ', '"', '$', '*', ';', 'ü'), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(word, { maxLength: 5 }), (words) => {
      const found = shellWords(Buffer.from(words.map((text) => `'${text}'`).join('  ')));
      expect(found?.map(({ bytes, pattern }) => [bytes.toString(), pattern])).toEqual(words.map((text) => [text, false]));
    }),
  );
});
