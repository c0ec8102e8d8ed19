import { anyOf, type Target } from '@sallyport/core';
import { mysqlOptions } from './target-options.ts';

/** Every client asks there what there is; what may be seen of it masks decide. */
const DESCRIPTIONS: ReadonlySet<string> = new Set(['information_schema', 'performance_schema']);

/** The databases that may be used through the gateway. A server has no such border: one statement may name several. */
export interface OpenDatabases {
  /** Why a database may not be used; undefined where it may. @param fold names are compared without regard to case. */
  refusal(name: string, fold: boolean): string | undefined;
}

/** The target's `database` and `databases`; all that its account reaches where neither is given. */
export function openDatabases(target: Target): OpenDatabases {
  const { database, databases = [] } = mysqlOptions(target);
  if (database === undefined && databases.length === 0) return { refusal: () => undefined };
  const listed = [...(database === undefined ? [] : [database]), ...databases];
  const [exact, folded] = [anyOf(listed), anyOf(listed.map((name) => name.toLowerCase()))];
  return {
    refusal(name, fold) {
      const lower = name.toLowerCase();
      if (exact(name) || (fold && folded(lower)) || DESCRIPTIONS.has(lower)) return undefined;
      return `The database "${name}" of target ${target.name} is not open through this gateway: leave it out, or have it added to the target's "databases".`;
    },
  };
}
