import { stripVTControlCharacters } from 'node:util';
import { finding } from './finding.ts';
import { renderReport } from './report.ts';

test('findings stand by what they are about, each with its mend', () => {
  const text = stripVTControlCharacters(
    renderReport([
      finding(null, { check: 'files', level: 'ok', message: 'Fine.' }),
      finding('shop', { check: 'tls', level: 'warning', message: 'Odd.', mend: 'ca: FILE' }),
      finding('shop', { check: 'functions', level: 'ok', message: 'Known.', mend: 'functions: [a.b]' }),
      finding('shop', { check: 'account', level: 'problem', message: 'Bad \u001b[2J.', mend: 'ALTER ROLE app NOBYPASSRLS;' }),
    ]),
  );
  expect(text).toBe(
    [
      'gateway',
      '  ✓ files      Fine.',
      '',
      'shop',
      '  ! tls        Odd.',
      '               Mend: ca: FILE',
      '  ✓ functions  Known.',
      '               Hint: functions: [a.b]',
      '  ✗ account    Bad \\x1b[2J.',
      '               Mend: ALTER ROLE app NOBYPASSRLS;',
      '',
      '1 problem, 1 warning, 2 fine.',
      '',
    ].join('\n'),
  );
});
