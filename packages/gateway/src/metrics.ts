import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** What `/metrics` shows. Labels name targets and rulings only: never people, never values. */
export interface Metrics {
  readonly registry: Registry;
  readonly sessions: Gauge<'target'>;
  readonly signInsRefused: Counter<'listener'>;
  readonly commands: Counter<'target' | 'ruling'>;
  readonly held: Gauge<'target'>;
  readonly masked: Counter<'target'>;
  readonly bytes: Counter<'target' | 'from'>;
}

/** A registry of its own, so that several gateways can live in one process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'sallyport_' });
  const registers = [registry];
  return {
    registry,
    sessions: new Gauge({ name: 'sallyport_sessions', help: 'Live sessions', labelNames: ['target'], registers }),
    signInsRefused: new Counter({
      name: 'sallyport_sign_ins_refused_total',
      help: 'Refused sign-ins',
      labelNames: ['listener'],
      registers,
    }),
    commands: new Counter({ name: 'sallyport_commands_total', help: 'Judged commands', labelNames: ['target', 'ruling'], registers }),
    held: new Gauge({ name: 'sallyport_commands_held', help: 'Commands waiting for an approval', labelNames: ['target'], registers }),
    masked: new Counter({ name: 'sallyport_values_masked_total', help: 'Masked values', labelNames: ['target'], registers }),
    bytes: new Counter({ name: 'sallyport_bytes_total', help: 'Bytes read from each side', labelNames: ['target', 'from'], registers }),
  };
}
