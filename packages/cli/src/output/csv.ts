/**
 * One line of RFC 4180. NULL is an empty field and an empty string is `""`, as PostgreSQL's own
 * CSV has it. Values are data for programs and stay as they are.
 */
export function csvLine(cells: readonly (string | null)[]): string {
  return `${cells.map(csvField).join(',')}\n`;
}

function csvField(value: string | null): string {
  if (value === null) return '';
  if (value !== '' && !/[",\r\n]/.test(value) && value.trim() === value) return value;
  return `"${value.replaceAll('"', '""')}"`;
}
