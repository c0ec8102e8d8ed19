import colours from 'picocolors';
import { counted } from '../output/count.ts';
import { visible } from '../output/visible.ts';
import type { Finding } from './finding.ts';

const MARKS: Readonly<Record<Finding['level'], string>> = {
  ok: colours.green('✓'),
  warning: colours.yellow('!'),
  problem: colours.red('✗'),
};

/** Findings with their number in the last line. */
export function renderReport(findings: readonly Finding[]): string {
  return `${renderFindings(findings)}${summary(findings)}\n`;
}

/** Findings by what they are about, each with its mend. */
export function renderFindings(findings: readonly Finding[]): string {
  const subjects = [...new Set(findings.map(({ target }) => target))];
  const width = Math.max(0, ...findings.map(({ check }) => check.length));
  const groups = subjects.map((subject) => {
    const lines = findings.filter(({ target }) => target === subject).map((each) => renderFinding(each, width));
    return `${colours.bold(visible(subject ?? 'gateway'))}\n${lines.join('')}\n`;
  });
  return groups.join('');
}

function renderFinding({ check, level, message, mend }: Finding, width: number): string {
  const indent = ' '.repeat(width + 6);
  const mending = mend === null ? '' : `${indent}${colours.dim(`${level === 'ok' ? 'Hint' : 'Mend'}: ${visible(mend)}`)}\n`;
  return `  ${MARKS[level]} ${check.padEnd(width)}  ${visible(message)}\n${mending}`;
}

function summary(findings: readonly Finding[]): string {
  const count = (level: Finding['level']): number => findings.filter((each) => each.level === level).length;
  return `${counted(count('problem'), 'problem')}, ${counted(count('warning'), 'warning')}, ${count('ok')} fine.`;
}
