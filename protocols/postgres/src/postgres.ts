import type { Classification, CommandClass, FactStore, Protocol } from '@sallyport/core';
import { type Catalogues, createCatalogues } from './catalogue/catalogues.ts';
import type { Analysis } from './classify/analysis.ts';
import { createClassifier } from './classify/classifier.ts';
import { foreignFunction } from './classify/pg-names.ts';
import { readDsn } from './client/dsn.ts';
import { exec } from './client/exec.ts';
import { nativeClient } from './client/native-client.ts';
import { inspect } from './inspect/inspect.ts';
import { unresolved } from './relay/meaning.ts';
import { decodeRecording } from './replay/recorded-result.ts';
import { serve } from './serve.ts';
import { CancelRegistry } from './startup/cancel-registry.ts';
import { openOwnConnection } from './startup/own-connection.ts';
import { targetSchema } from './target-schema.ts';

const DEFAULT_PORT = 5432;
/** Without a target it is read as PostgreSQL 18 reads it, the newest that the grammar knows. */
const NEWEST = { standardConformingStrings: true, serverVersion: '18' };

/** PostgreSQL 12 and newer, protocol 3.0 and 3.2. What sessions share lives as long as this object. */
export function postgres(): Protocol {
  const classifier = createClassifier();
  const registry = new CancelRegistry();
  let catalogues: Catalogues | undefined;
  const cataloguesWith = (facts: FactStore): Catalogues => {
    catalogues ??= createCatalogues({ connect: openOwnConnection, now: () => performance.now(), facts });
    return catalogues;
  };
  return {
    name: 'postgres',
    defaultPort: DEFAULT_PORT,
    targetSchema,
    serve: (client, host) => serve(client, host, { classifier, registry, catalogues: cataloguesWith(host.facts) }),
    classify: async (text) => withoutCatalogue(await classifier.analyse(text, NEWEST)),
    decodeRecording,
    exec,
    connect: nativeClient,
    readDsn,
    inspect,
    async close() {
      await classifier.close();
      await catalogues?.close();
    },
  };
}

/** What syntax and the names that the server brings tell: what a function of one's own does is unknown. */
function withoutCatalogue(analysis: Analysis): Classification {
  const { class: classes, verbs, relations, unfiltered, reason } = unresolved(analysis);
  const known = { class: classes, verbs, relations, unfiltered, ...(reason !== undefined && { reason }) };
  const foreign = analysis.statements.map(foreignFunction).find((name) => name !== undefined);
  if (foreign === undefined) return known;
  const withUnknown = [...new Set<CommandClass>([...classes, 'unknown'])];
  return { ...known, class: withUnknown, reason: `What the function ${foreign} does, only the target's catalogue tells.` };
}
