import type { CommandClass } from '@sallyport/core';
import type { NameRef, RelationRef, VariableChange } from './analysis.ts';

/** What is in a statement at any depth, gathered while it is parsed. */
export class Survey {
  readonly classes = new Set<CommandClass>();
  readonly verbs = new Set<string>();
  readonly relations = new Map<string, RelationRef>();
  readonly routines = new Map<string, NameRef>();
  readonly sets: VariableChange[] = [];
  /** See {@link StatementAnalysis.aliases}. */
  readonly aliases = new Set<string>();
  unfiltered = false;
  copies = false;
  collected = false;
  opaque = false;
  describes = false;
  assigns = false;
  secret = false;
  unsettles = false;
  /** The value of a literal had a say. */
  byValue = false;
  /** How many times something was read from a relation so far: whoever stores a value compares before and after. */
  reads = 0;
  reason: string | undefined;

  add(...classes: readonly CommandClass[]): void {
    for (const one of classes) this.classes.add(one);
  }

  unknown(reason: string): void {
    this.classes.add('unknown');
    this.opaque = true;
    this.reason ??= reason;
  }

  relation(ref: NameRef, use: 'read' | 'write' | 'made'): void {
    if (use === 'read') this.reads += 1;
    const key = JSON.stringify([ref.schema, ref.name]);
    const known = this.relations.get(key);
    const same = known === undefined || known.use === use || (known.use === 'made' && use === 'write');
    this.relations.set(key, { ...ref, use: same ? use : 'both' });
    this.#system(ref, use);
  }

  /** Takes in relations with what is done to them. */
  relationsOf(relations: Iterable<RelationRef>): void {
    for (const { use, ...ref } of relations) {
      if (use === 'made') this.relation(ref, use);
      if (use === 'read' || use === 'both') this.relation(ref, 'read');
      if (use === 'write' || use === 'both') this.relation(ref, 'write');
    }
  }

  /** Schemas of the server's own: what it knows of others, and what it goes by. */
  #system({ schema, name }: NameRef, use: 'read' | 'write' | 'made'): void {
    const place = schema?.toLowerCase() ?? '';
    if (!SYSTEM_SCHEMAS.has(place)) return;
    if (use !== 'read') this.add('admin', ...(place === 'mysql' ? (['privilege'] as const) : []));
    if (place !== 'information_schema' || !PLAIN_VIEWS.has(name.toLowerCase())) this.collected = true;
  }

  routine(ref: NameRef): void {
    this.routines.set(JSON.stringify([ref.schema, ref.name.toLowerCase()]), ref);
  }

  /** Takes in what another survey found, but for its classes and verbs. */
  absorb(other: Survey): void {
    this.relationsOf(other.relations.values());
    for (const routine of other.routines.values()) this.routine(routine);
    for (const alias of other.aliases) this.aliases.add(alias);
    this.collected ||= other.collected;
    this.opaque ||= other.opaque;
    this.assigns ||= other.assigns;
    this.secret ||= other.secret;
    this.byValue ||= other.byValue;
    this.reason ??= other.reason;
  }
}

const SYSTEM_SCHEMAS: ReadonlySet<string> = new Set(['mysql', 'sys', 'performance_schema', 'information_schema']);

/** Views of information_schema that describe the schema and hold no data of anybody's. */
const PLAIN_VIEWS: ReadonlySet<string> = new Set(
  `applicable_roles character_sets check_constraints client_statistics collations collation_character_set_applicability columns
  column_privileges enabled_roles engines events global_variables key_caches key_column_usage keywords
  optimizer_costs parameters partitions plugins referential_constraints routines schemata schemata_extensions schema_privileges
  session_variables spatial_ref_sys sql_functions st_geometry_columns st_spatial_reference_systems st_units_of_measure statistics
  system_variables table_constraints table_constraints_extensions table_privileges tables tables_extensions tablespaces triggers
  user_privileges view_routine_usage view_table_usage views`.split(/\s+/),
);
