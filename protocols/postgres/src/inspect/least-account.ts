import type { InspectedColumn } from '@sallyport/core';
import { quote } from './account-checks.ts';

const NAME = 'sallyport';

/**
 * Statements for psql that make an account which reads and writes what there is, and nothing more.
 * The password is typed at `\password`, so that it stands in no history and no log.
 */
export function leastAccount(database: string, columns: readonly InspectedColumn[]): string {
  const here = columns.filter((column) => column.database === database);
  const schemas = [...new Set(here.map(({ relation }) => relation.slice(0, relation.indexOf('.'))))];
  const perSchema = (schemas.length > 0 ? schemas : ['public'])
    .map(quote)
    .flatMap((schema) => [
      `GRANT USAGE ON SCHEMA ${schema} TO ${NAME};`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${NAME};`,
      `GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${schema} TO ${NAME};`,
    ]);
  return [
    `CREATE ROLE ${NAME} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION;`,
    `\\password ${NAME}`,
    `GRANT CONNECT ON DATABASE ${quote(database)} TO ${NAME};`,
    ...perSchema,
  ].join('\n');
}
