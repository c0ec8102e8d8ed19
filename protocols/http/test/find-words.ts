import type { TextMask, TextRun } from '@sallyport/core';

const WORD = /[A-Za-z0-9@.+_-]+/g;
const LONGEST = 64;
/** An e-mail address, a card without spaces, or a key: whole words only. */
const SECRET = /^(?:[a-z.]+@[a-z.]+[a-z]|\d{16}|AKIA[A-Z0-9]{16})$/;

/** Finds secrets that are whole words of at most 64 characters; holds back a word until it ends. Its masks show `***`. */
export const findWords: TextMask = {
  mayFind: (bytes, start, end) => /@|AKIA|\d{16}/.test(bytes.toString('latin1', start, end)),
  value(bytes, start, end, count) {
    const text = bytes.toString('latin1', start, end);
    const seen = text.replace(WORD, (word) => {
      if (!isSecret(word)) return word;
      count('words', word);
      return '***';
    });
    return seen === text ? undefined : Buffer.from(seen, 'latin1');
  },
  stream(count) {
    const runs = findWords.runs();
    let held = Buffer.alloc(0);
    const shown = (all: readonly TextRun[]): Buffer =>
      Buffer.concat(
        all.map(({ length, hit }) => {
          const bytes = held.subarray(0, length);
          held = held.subarray(length);
          if (hit !== undefined) count(hit.rule, hit.hidden);
          return hit?.shown ?? bytes;
        }),
      );
    return {
      push(bytes) {
        held = Buffer.concat([held, bytes]);
        return shown(runs.push(bytes));
      },
      flush: () => shown(runs.flush()),
    };
  },
  runs: wordRuns,
};

function isSecret(word: string): boolean {
  return word.length <= LONGEST && SECRET.test(word);
}

function wordRuns(): ReturnType<TextMask['runs']> {
  let held = '';
  /** The word that the text ended in is too long to be found, and has left in part. */
  let within = false;
  const cut = (final: boolean): TextRun[] => {
    const rest = within ? held.search(/[^A-Za-z0-9@.+_-]|$/) : 0;
    within = within && rest === held.length;
    const runs: TextRun[] = [];
    let at = 0;
    let open = held.length;
    for (const { 0: word, index } of held.matchAll(WORD)) {
      if (index < rest) continue;
      if (index + word.length === held.length && !final) {
        within = word.length > LONGEST;
        if (!within) open = index;
        break;
      }
      if (!isSecret(word)) continue;
      if (index > at) runs.push({ length: index - at });
      const hit = { rule: 'words', shown: Buffer.from('***'), hidden: Buffer.from(word), goesOn: false };
      runs.push({ length: word.length, hit });
      at = index + word.length;
    }
    if (open > at) runs.push({ length: open - at });
    held = held.slice(open);
    return runs;
  };
  return {
    push(bytes) {
      held += bytes.toString('latin1');
      return cut(false);
    },
    flush: () => cut(true),
  };
}
