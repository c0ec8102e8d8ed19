import { type Customer, seedCustomers } from '../seed.ts';
import type { DemoStack } from '../stack.ts';
import type { Client, Outcome } from './client.ts';

/** What came back in a step and what the step makes of it. */
export interface Finding {
  readonly shown: string;
  /** Each thing that the step claims, and whether it was so. */
  readonly claims: Readonly<Record<string, boolean>>;
}

export interface Step {
  readonly title: string;
  play(): Promise<Finding>;
}

/** What every step can use. */
export interface Stage {
  readonly stack: DemoStack;
  readonly client: Client;
  /** The tour's own folder. */
  readonly folder: string;
}

/** All that a program said. */
export function said({ stdout, stderr }: Outcome): string {
  return `${stdout}${stderr}`;
}

/** The program said no by itself: it was neither ended nor missing. */
export function refused({ code }: Outcome): boolean {
  return code !== null && code !== 0;
}

/** True when any customer's value of one of these kinds stands in the text. */
export function leaks(text: string, ...kinds: readonly ('email' | 'phone' | 'card' | 'notes')[]): boolean {
  return seedCustomers().some((customer) => kinds.some((kind) => customer[kind] !== null && text.includes(customer[kind])));
}

/** The customer that stands first in every listing of the story. */
export function firstCustomer(): Customer {
  const [first] = seedCustomers();
  if (first === undefined) throw new Error('the shop has no customers');
  return first;
}
