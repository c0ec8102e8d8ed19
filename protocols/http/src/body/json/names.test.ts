import { masksOf } from '../../../test/body-masks.ts';
import { Names } from './names.ts';

test('a name is told from all others, those that begin like it too', () => {
  const names = Names.for(masksOf({ detect: ['api-key', 'email'] }).text);
  for (let index = 0; index < 20_000; index += 1) {
    const [name, longer] = [`n${index}`, `n${index}_token`].map((text) => Buffer.from(text)) as [Buffer, Buffer];
    expect(names.of(name, 0, name.length)).toMatchObject({ text: `n${index}`, secret: undefined });
    expect(names.of(longer, 0, longer.length)).toMatchObject({ text: `n${index}_token`, secret: 'rule 0' });
    expect(names.of(longer, 0, name.length).text).toBe(`n${index}`);
    expect(names.of(longer, 0, name.length + 1).text).toBe(`n${index}_`);
  }
});
