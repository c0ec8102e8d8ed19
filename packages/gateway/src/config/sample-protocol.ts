import type { Protocol } from '@sallyport/core';
import { z } from 'zod';

const targetSchema = z
  .strictObject({
    database: z.string().optional().describe('The database.'),
    databases: z.array(z.string()).default([]).describe('Further databases.'),
    functions: z.array(z.string()).default([]).describe('Functions that count as read.'),
    sign_in: z.enum(['auto', 'scram', 'password']).default('auto').describe('How clients prove who they are.'),
  })
  .refine(({ database, databases }) => database === undefined || !databases.includes(database), {
    path: ['databases'],
    error: 'must not list `database` again',
  });

/** A protocol for tests: all that a configuration asks of one. */
export function sampleProtocol(name = 'postgres', defaultPort = 5432): Protocol {
  return { name, defaultPort, targetSchema } as unknown as Protocol;
}
