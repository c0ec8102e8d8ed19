import { type Detector, MORE, NONE } from './detector.ts';
import { endOfGroups, endOfNumber, HYPHEN, mayGroup, numberBefore } from './number-groups.ts';

const GROUPS = [3, 2, 4] as const;

/**
 * US social security numbers, written `AAA-GG-SSSS`: no area 000, 666 or 900 to 999, no group 00, no
 * serial 0000 ({@link https://secure.ssa.gov/poms.nsf/lnx/0110201035 SSA, POMS RM 10201.035}). Without
 * hyphens nine digits are any number, so they are no hit. 11 bytes.
 */
export const usSsn: Detector = {
  anchors: '0123456789',
  likely: (bytes, at, end) => mayGroup(bytes, at, end, GROUPS),
  match(text, at, span) {
    if (numberBefore(text, at)) return NONE;
    const last = endOfGroups(text, at, GROUPS, HYPHEN);
    if (last < 0) return last === -2 ? MORE : NONE;
    span.start = at;
    span.end = last;
    const [area = '', group, serial] = text.bytes.toString('latin1', at, last).split('-');
    if (area === '000' || area === '666' || area.startsWith('9') || group === '00' || serial === '0000') return NONE;
    return endOfNumber(text, last);
  },
};
