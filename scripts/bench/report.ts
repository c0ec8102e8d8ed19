import type { Scenario } from './scenarios.ts';

/** The measured rates of one scenario on one route, a number for each round. */
export interface Result {
  readonly scenario: Scenario;
  readonly route: string;
  readonly rates: readonly number[];
  /** Processor time of the process in the middle, in µs per transaction or MB. */
  readonly costs: readonly number[];
}

/** What the others are compared with. */
const REFERENCE = 'node pipe';

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** A Markdown table: a row for each scenario, a column for each route, its median and its ratio to the reference. */
export function table(results: readonly Result[]): string {
  const routes = [...new Set(results.map(({ route }) => route))];
  const scenarios = [...new Set(results.map(({ scenario }) => scenario))];
  const rate = (scenario: Scenario, route: string): number =>
    median(results.find((result) => result.scenario === scenario && result.route === route)?.rates ?? []);
  const rows = scenarios.map((scenario) => {
    const cells = routes.map((route) => {
      const ratio = rate(scenario, route) / rate(scenario, REFERENCE);
      return `${Math.round(rate(scenario, route)).toLocaleString('en-US')} (${ratio.toFixed(2)})`;
    });
    return [label(scenario), scenario.unit, ...cells];
  });
  return markdown(['scenario', 'unit', ...routes], rows);
}

/** The same for the processor time in the middle, which other people's work on the machine disturbs less. */
export function costTable(results: readonly Result[]): string {
  const measured = results.filter(({ costs }) => costs.some((cost) => !Number.isNaN(cost)));
  const routes = [...new Set(measured.map(({ route }) => route))];
  const rows = [...new Set(measured.map(({ scenario }) => scenario))].map((scenario) => {
    const cells = routes.map((route) => {
      const found = measured.find((result) => result.scenario === scenario && result.route === route);
      const cost = median((found?.costs ?? []).filter((one) => !Number.isNaN(one)));
      return Number.isNaN(cost) ? '–' : Math.round(cost).toLocaleString('en-US');
    });
    const each = scenario.unit === 'MB/s' ? 'µs per MB' : 'µs per transaction';
    return [label(scenario), each, ...cells];
  });
  return markdown(['scenario', 'processor time', ...routes], rows);
}

function label({ name, clients }: Scenario): string {
  return `${name}, ${clients} client${clients === 1 ? '' : 's'}`;
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map((_, column) => (column < 2 ? '---' : '--:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The document with what stands between its two markers replaced. @param what which markers */
export function withTable(
  document: string,
  text: string,
  what: 'measured' | 'measured-mysql' | 'measured-ssh' | 'measured-http' = 'measured',
): string {
  const [begin, end] = [`<!-- ${what} -->`, `<!-- /${what} -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md lost its markers ${begin} and ${end}.`);
  return `${document.slice(0, from + begin.length)}\n${text}\n${document.slice(to)}`;
}
