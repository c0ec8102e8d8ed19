import { terminalPicture } from './terminal-picture.ts';

test('colours, bold and faint text arrive, other sequences do not', () => {
  const picture = terminalPicture(
    'a <title>',
    'plain \u001b[32mgreen\u001b[39m \u001b[1mbold\u001b[0m\u001b[2K\n\u001b[2mfaint\u001b[22m & done\n',
  );
  expect(picture).toContain('<title>a &lt;title&gt;</title>');
  expect(picture).toMatch(/fill="#7fce7f">green</);
  expect(picture).toMatch(/font-weight="bold">bold</);
  expect(picture).toMatch(/opacity="0.6">faint</);
  expect(picture).toContain(' &amp; done<');
  expect(picture).not.toContain('\u001b');
  expect(picture.match(/<text (?!x="[^"]*" y="21")/g)).toHaveLength(picture.match(/<text xml:space="preserve"/g)?.length ?? 0);
});
