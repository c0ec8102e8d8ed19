import type { Protocol } from '@sallyport/core';
import { configSchema, type JsonSchema } from './json-schema.ts';

const HEAD = `# Configuration

<!-- Made from the schema by scripts/docs/configuration.ts: change the descriptions there, not here. -->

Sallyport reads one YAML file: \`--config FILE\`, else \`$SALLYPORT_CONFIG\`, else \`./sallyport.yaml\`. \`sallyport config check\` names every mistake with line and column and warns about names that nothing in the file bears; \`sallyport config schema\` prints this reference as JSON Schema for editors. A running gateway reads the file again on SIGHUP; a broken file changes nothing.

- **Durations** are written \`90s\`, \`10m\`, \`1h30m\`, \`90d\`.
- **Globs**: \`*\` is any run of characters, \`?\` any one.
- **Lists** may be a single value: \`groups: dba\` is \`groups: [dba]\`. A list means any of; keys beside each other mean all of.
- **Paths** start at the file's own folder.
- **Secrets** under \`credentials\` are \`\${env:NAME}\` or \`\${file:PATH}\`; the file never holds them, and only \`serve\` looks them up.
- Unknown keys are errors, and so is what a later release brings: nothing is silently ignored.
`;

/**
 * docs/configuration.md: the schema as Markdown, a section for each key at the top.
 *
 * @param examples YAML by such a key.
 */
export function configReference(protocols: readonly Protocol[], examples: Readonly<Record<string, string>>): string {
  const { properties = {}, required = [] } = configSchema(protocols);
  const sections = Object.entries(properties).map(([key, schema]) => section(key, schema, required.includes(key), examples[key]));
  return `${HEAD}\n${sections.join('\n')}`;
}

function section(key: string, schema: JsonSchema, required: boolean, example: string | undefined): string {
  const rows = below(schema, '');
  const fact = required ? ' Required.' : schema.default === undefined || rows.length > 0 ? '' : ` Default: ${code(schema.default)}.`;
  const parts = [`## ${key}\n`, `${schema.description ?? ''}${fact}\n`];
  if (rows.length > 0) parts.push(`| Key | Value | Default | Meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`);
  if (example !== undefined) parts.push(`\`\`\`yaml\n${example}\`\`\`\n`);
  return parts.join('\n');
}

/** A table row for every key under a value. */
function below(schema: JsonSchema, prefix: string): readonly string[] {
  if (schema.items !== undefined) return below(schema.items, prefix);
  // Shapes that one key tells apart (`protocol`): what they share stands with the first.
  if (schema.oneOf !== undefined) return [...new Set(schema.oneOf.flatMap((shape) => below(shape, prefix)))];
  const named =
    typeof schema.additionalProperties === 'object' && isDeep(schema.additionalProperties)
      ? below(schema.additionalProperties, `${prefix}NAME.`)
      : [];
  const properties = Object.entries(schema.properties ?? {});
  const own = properties.map(([key, value], index) => {
    const twin = properties
      .slice(0, index)
      .find(([, earlier]) => isDeep(value) && JSON.stringify(earlier.properties) === JSON.stringify(value.properties));
    return rows(`${prefix}${key}`, value, schema.required?.includes(key) ?? false, twin === undefined);
  });
  return [...named, ...own.flat()];
}

/** @param deep false: the keys below were listed under another key already. */
function rows(path: string, schema: JsonSchema, required: boolean, deep: boolean): readonly string[] {
  const fallback = required ? '*required*' : schema.default === undefined ? '' : code(schema.default);
  const row = `| \`${path}\` | ${kindOf(schema)} | ${fallback} | ${cell(schema.description ?? '')} |`;
  return [row, ...(deep && isDeep(schema) ? below(schema, `${path}.`) : [])];
}

function isDeep(schema: JsonSchema): boolean {
  if (schema.items !== undefined) return isDeep(schema.items);
  return (
    schema.oneOf !== undefined ||
    schema.properties !== undefined ||
    (typeof schema.additionalProperties === 'object' && isDeep(schema.additionalProperties))
  );
}

function kindOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
  if (schema.const !== undefined) return code(schema.const);
  if (schema.anyOf !== undefined) return choice(schema.anyOf);
  if (schema.items !== undefined) return `list: ${kindOf(schema.items)}`;
  if (schema.type === 'object')
    return typeof schema.additionalProperties === 'object' && !isDeep(schema.additionalProperties)
      ? `NAME: ${kindOf(schema.additionalProperties)}`
      : 'keys';
  return { string: 'text', boolean: '`true`, `false`', integer: 'number' }[schema.type ?? ''] ?? schema.type ?? '';
}

/** A list may stand as its only value; other shapes stand beside each other. */
function choice(shapes: readonly JsonSchema[]): string {
  const list = shapes.find(({ items }) => items !== undefined)?.items;
  return list === undefined ? shapes.map(kindOf).join(', ') : `list: ${kindOf(list)}`;
}

function code(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value).replaceAll('"', '').replaceAll(',', ', ');
  return `\`${text}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
