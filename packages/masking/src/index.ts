export { compileColumn } from './column.ts';
export { compileMasks, type Masks } from './masks.ts';
export type { MaskRule } from './rule.ts';
