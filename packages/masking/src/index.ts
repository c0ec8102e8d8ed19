export { compileColumn } from './column.ts';
export { parseFieldPath } from './field/field-path.ts';
export { compileMasks, type Masks } from './masks.ts';
export type { MaskRule } from './rule.ts';
export { guessByName, guessByValues, type SensitiveKind } from './sensitive-column.ts';
export { DETECTOR_NAMES, type DetectorName } from './text/detectors.ts';
export { Pattern } from './text/pattern.ts';
