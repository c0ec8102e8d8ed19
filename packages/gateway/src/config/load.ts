import { open } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { GatewayError, type Protocol } from '@sallyport/core';
import { check, type Finding } from './checks.ts';
import type { Config } from './config.ts';
import { toSettings } from './content.ts';
import { canonicalise, digestOf } from './digest.ts';
import { type IssueContext, problemsOf } from './issue.ts';
import { configSchema, keysAt } from './json-schema.ts';
import { ConfigError, type Problem } from './problem.ts';
import { type FileContent, fileSchema } from './schema.ts';
import { commonTarget, optionsSchema } from './schema-targets.ts';
import { warn } from './warnings.ts';
import { YamlSource } from './yaml-source.ts';

const SIZE_LIMIT = 1 << 20;

/**
 * Reads and checks a configuration file. References to secrets stay references.
 *
 * @throws ConfigError with everything that is wrong in the file; GatewayError ERR_CONFIG when it cannot be read.
 */
export async function loadConfig(file: string, protocols: readonly Protocol[]): Promise<Config> {
  const path = resolve(file);
  return parseConfig(await readConfig(path), path, protocols);
}

/** {@link loadConfig} for a text that is already there. @param file its absolute path: relative paths start from its folder. */
export function parseConfig(text: string, file: string, protocols: readonly Protocol[]): Config {
  const source = new YamlSource(shortName(file), text);
  const input = readValue(source);
  const content = readContent(source, input, protocols);
  const options = readOptions(source, input, content, protocols);
  refuse([...check(content, protocols)].map((finding) => asProblem(source, finding)));
  const canonical = canonicalise(input);
  return deepFreeze({
    file,
    digest: digestOf(canonical),
    canonical,
    warnings: inOrder([...warn(content, protocols)].map((finding) => asProblem(source, finding))),
    ...toSettings(content, dirname(file), protocols, options),
  });
}

async function readConfig(file: string): Promise<string> {
  let handle: Awaited<ReturnType<typeof open>> | undefined;
  try {
    handle = await open(file, 'r');
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(SIZE_LIMIT + 1), 0, SIZE_LIMIT + 1, 0);
    if (bytesRead > SIZE_LIMIT) throw new GatewayError('ERR_CONFIG', `${file} is larger than 1 MiB: that is no configuration.`);
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead));
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT'
        ? 'does not exist'
        : code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
          ? 'is not UTF-8 text'
          : `cannot be read: ${message}`;
    throw new GatewayError('ERR_CONFIG', `The configuration ${file} ${why}.`, { cause });
  } finally {
    await handle?.close();
  }
}

function readValue(source: YamlSource): unknown {
  refuse(source.syntaxProblems());
  try {
    return source.value();
  } catch (cause) {
    throw new ConfigError([source.problem([], `cannot be read: ${(cause as Error).message}`)], { cause });
  }
}

function readContent(source: YamlSource, input: unknown, protocols: readonly Protocol[]): FileContent {
  if (input === null || input === undefined) throw new ConfigError([source.problem([], 'the file is empty.')]);
  const parsed = fileSchema(protocols).safeParse(input);
  if (parsed.success) return parsed.data;
  const context = contextOf(source, input, protocols);
  throw new ConfigError(inOrder(parsed.error.issues.flatMap((issue) => problemsOf(issue, context))));
}

/** A protocol's own keys, read by its own schema: what it refines or fills in stays its business. */
function readOptions(
  source: YamlSource,
  input: unknown,
  content: FileContent,
  protocols: readonly Protocol[],
): ReadonlyMap<string, unknown> {
  const context = contextOf(source, input, protocols);
  const problems: Problem[] = [];
  const options = new Map<string, unknown>();
  for (const [name, target] of Object.entries(content.targets)) {
    const protocol = protocols.find((one) => one.name === target.protocol);
    const written = (input as { readonly targets: Readonly<Record<string, object>> }).targets[name] ?? {};
    const own = Object.fromEntries(Object.entries(written).filter(([key]) => !(key in commonTarget.shape)));
    const parsed = protocol === undefined ? undefined : optionsSchema(protocol).safeParse(own);
    if (parsed?.success === false) problems.push(...parsed.error.issues.flatMap((issue) => problemsOf(issue, context, ['targets', name])));
    options.set(name, parsed?.data);
  }
  refuse(problems);
  return options;
}

function contextOf(source: YamlSource, content: unknown, protocols: readonly Protocol[]): IssueContext {
  return { source, content, keysAt: (path) => keysAt(configSchema(protocols), path) };
}

function asProblem(source: YamlSource, { path, message }: Finding): Problem {
  return source.problem(path, message);
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ConfigError(inOrder(problems));
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** As people would name it from where they stand. */
function shortName(file: string): string {
  const near = relative(process.cwd(), file);
  return near === '' || near.startsWith('..') ? file : near;
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
