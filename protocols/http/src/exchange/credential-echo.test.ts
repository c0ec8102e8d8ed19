import fc from 'fast-check';
import { targetAt } from '../../test/test-gateway.ts';
import { CredentialEcho } from './credential-echo.ts';

const TOKEN = 'target-secret';
const target = targetAt(1);

function through(...chunks: readonly string[]): string {
  const echo = CredentialEcho.of(target) as CredentialEcho;
  return Buffer.concat([...chunks.map((chunk) => echo.push(Buffer.from(chunk))), echo.flush()]).toString();
}

describe('a credential that the target repeats', () => {
  test.each([
    ['as it is', `a ${TOKEN} b`, 'a ************* b'],
    ['in base64', `a ${Buffer.from(TOKEN).toString('base64')} b`, 'a ******************== b'],
    ['not at all', 'a target-secre b', 'a target-secre b'],
  ])('%s', (_, said, shown) => {
    expect(through(said)).toBe(shown);
  });

  test('is blanked however the text is cut, and nothing else is', () => {
    const texts = fc.array(fc.constantFrom(TOKEN, 'target-', 'tar', 'secret', 'x', ' '), { maxLength: 12 });
    fc.assert(
      fc.property(texts, fc.array(fc.nat(20), { maxLength: 8 }), (parts, cuts) => {
        const said = parts.join('');
        const chunks: string[] = [];
        let at = 0;
        for (const cut of cuts) {
          chunks.push(said.slice(at, at + cut));
          at += cut;
        }
        expect(through(...chunks, said.slice(at))).toBe(said.replaceAll(TOKEN, '*'.repeat(TOKEN.length)));
      }),
    );
  });

  test('there is none where the gateway signs in with nothing', () => {
    expect(CredentialEcho.of(targetAt(1, {}, { credentials: { username: '' } }))).toBeUndefined();
  });
});
