import type { TextMask, TextRun } from '@sallyport/core';

const NUMBER = /(?<![\d-])\d{3}-\d\d-\d{4}(?![\d-])/g;

/** Finds `ddd-dd-dddd`, alone; holds back what may become one. */
export const findNumbers: TextMask = {
  mayFind: () => true,
  value(bytes, start, end, count) {
    const text = bytes.toString('latin1', start, end);
    const seen = text.replace(NUMBER, (hidden) => {
      count('numbers', hidden);
      return '[number]';
    });
    return seen === text ? undefined : Buffer.from(seen, 'latin1');
  },
  stream(count) {
    const runs = findNumbers.runs();
    let held = Buffer.alloc(0);
    const shown = (all: readonly TextRun[]): Buffer => {
      const parts = all.map(({ length, hit }) => {
        const bytes = held.subarray(0, length);
        held = held.subarray(length);
        if (hit !== undefined) count(hit.rule, hit.hidden);
        return hit?.shown ?? bytes;
      });
      return Buffer.concat(parts);
    };
    return {
      push(bytes) {
        held = Buffer.concat([held, bytes]);
        return shown(runs.push(bytes));
      },
      flush: () => shown(runs.flush()),
    };
  },
  runs() {
    let held = '';
    const cut = (final: boolean): TextRun[] => {
      const runs: TextRun[] = [];
      let at = 0;
      for (const { 0: found, index } of held.matchAll(NUMBER)) {
        if (!final && index + found.length === held.length) break;
        if (index > at) runs.push({ length: index - at });
        runs.push({
          length: found.length,
          hit: { rule: 'numbers', shown: Buffer.from('[number]'), hidden: Buffer.from(found), goesOn: false },
        });
        at = index + found.length;
      }
      const open = final ? held.length : Math.max(at, held.search(/[\d-]*$/));
      if (open > at) runs.push({ length: open - at });
      held = held.slice(Math.max(at, open));
      return runs;
    };
    return {
      push(bytes) {
        held += bytes.toString('latin1');
        return cut(false);
      },
      flush: () => cut(true),
    };
  },
};
