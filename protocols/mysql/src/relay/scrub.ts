import type { TextMask } from '@sallyport/core';
import type { Err } from '../codec/responses.ts';

/**
 * Errors that quote the command's own words, or nothing: names, syntax, privileges, locks. Every other one may quote a
 * value. https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
 */
const TELLING_NOTHING: ReadonlySet<number> = new Set([
  1007, 1008, 1044, 1045, 1046, 1049, 1050, 1051, 1052, 1054, 1060, 1061, 1064, 1065, 1066, 1068, 1072, 1091, 1095, 1109, 1111, 1113, 1115,
  1136, 1142, 1143, 1146, 1149, 1205, 1213, 1222, 1227, 1235, 1243, 1247, 1248, 1267, 1295, 1305, 1317, 1318, 1370, 1419, 1451, 1452, 1568,
  1792, 1969, 3024, 4031,
]);
/** An error without the values that it may quote. @param indirect what ran was not, or not only, the client's own text. */
export function scrubError(err: Err, indirect: boolean): Err {
  if (TELLING_NOTHING.has(err.code) && !indirect) return err;
  return { ...err, message: `The target reported error ${err.code}; its text is withheld, because it may quote masked values.` };
}

/** A text without what is sensitive by its form. */
export function searchedText(text: string, mask: TextMask | undefined, count: (rule: string) => void = () => undefined): string {
  if (mask === undefined) return text;
  const bytes = Buffer.from(text);
  return mask.value(bytes, 0, bytes.length, count)?.toString() ?? text;
}
