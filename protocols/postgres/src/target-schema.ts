import { z } from 'zod';

const database = z.string().min(1).max(63);
const routine = z.string().regex(/^[^.\s]+\.[^.\s]+$/, 'must be schema.name, like public.uuid_generate_v4');

/** The keys of a PostgreSQL target besides those that every target has. */
export const targetSchema = z
  .strictObject({
    database: database
      .optional()
      .describe('The database that clients get who name none, their own name or the target. Default: the one named like the login.'),
    databases: z.array(database).default([]).describe('Further databases that clients may name.'),
    functions: z.array(routine).default([]).describe('Volatile functions outside pg_catalog that count as read, as schema.name.'),
    sign_in: z
      .enum(['auto', 'scram', 'password'])
      .default('auto')
      .describe(
        'How clients prove who they are: SCRAM with a gateway token (auto, scram), or a token or JWT in clear inside TLS (password).',
      ),
  })
  .refine(({ database: usual, databases }) => usual === undefined || !databases.includes(usual), {
    path: ['databases'],
    error: 'must not list `database` again',
  });
