import { z } from 'zod';

const routine = z.string().regex(/^[^.\s]+\.[^.\s]+$/, 'must be schema.name, like shop.next_number');

const database = z.string().min(1).max(64);

/** The keys of a MySQL or MariaDB target besides those that every target has. */
export const targetSchema = z.strictObject({
  database: database.optional().describe('The database that clients get who name none, or the target.'),
  databases: z
    .array(database)
    .default([])
    .describe('Further databases that statements may use; `*` and `?` stand for any characters. Without this and `database`, all.'),
  functions: z.array(routine).default([]).describe('Stored functions that count as read, as schema.name.'),
});
