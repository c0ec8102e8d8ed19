import { z } from 'zod';

const routine = z.string().regex(/^[^.\s]+\.[^.\s]+$/, 'must be schema.name, like shop.next_number');

/** The keys of a MySQL or MariaDB target besides those that every target has. */
export const targetSchema = z.strictObject({
  database: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe(
      'The database that clients get who name none, or the target. Others can be named: rules on relations say what may be done there.',
    ),
  functions: z.array(routine).default([]).describe('Stored functions that count as read, as schema.name.'),
});
