import colours from 'picocolors';
import { visible, visibleLines } from './visible.ts';

/** What an event of type `llm` says, as far as it is shown. */
interface Told {
  readonly model?: unknown;
  readonly api?: unknown;
  readonly messages?: unknown;
  readonly messages_omitted?: unknown;
  readonly completion?: unknown;
  readonly reasoning?: unknown;
  readonly tool_calls?: unknown;
  readonly truncated?: unknown;
  readonly usage?: unknown;
  readonly finish?: unknown;
  readonly first_token_ms?: unknown;
}

/** A call of a language model, as the people of a conversation and what each said. */
export function conversationText(event: object): string {
  const told = event as Told;
  const omitted = Number(told.messages_omitted ?? 0);
  const lines = [
    ...(omitted > 0 ? [colours.dim(`(${omitted} earlier messages)`)] : []),
    ...listOf(told.messages).flatMap((message) => [
      ...saidBy(textOf(message['role']) || 'message', textOf(message['text'])),
      ...callLines(message['tool_calls']),
    ]),
    ...saidBy('reasoning', textOf(told.reasoning), colours.dim),
    ...saidBy('assistant', textOf(told.completion)),
    ...callLines(told.tool_calls),
    ...(told.truncated === true ? [colours.dim('(more was said than is recorded here)')] : []),
    colours.dim(visible(factsOf(told).join(' · '))),
  ];
  return lines.map((line) => `          ${line}\n`).join('');
}

function saidBy(role: string, text: string, style: (text: string) => string = (plain) => plain): string[] {
  if (text.trim() === '') return [];
  const [first = '', ...rest] = visibleLines(text.replaceAll('\r\n', '\n')).trimEnd().split('\n');
  return [`${colours.bold(`${visible(role)}:`)} ${style(first)}`, ...rest.map((line) => `  ${style(line)}`)];
}

function callLines(calls: unknown): string[] {
  return listOf(calls).map((call) => `  ${colours.cyan('calls')} ${visible(`${textOf(call['name'])}(${textOf(call['arguments'])})`)}`);
}

function factsOf({ model, api, usage, finish, first_token_ms }: Told): string[] {
  const { input, output, cached, reasoning } = objectOf(usage);
  const tokens = [
    ...(typeof input === 'number' ? [`${input} in${typeof cached === 'number' && cached > 0 ? ` (${cached} cached)` : ''}`] : []),
    ...(typeof output === 'number'
      ? [`${output} out${typeof reasoning === 'number' && reasoning > 0 ? ` (${reasoning} reasoning)` : ''}`]
      : []),
  ];
  return [
    textOf(model) || textOf(api) || 'a language model',
    ...(tokens.length > 0 ? [`tokens: ${tokens.join(', ')}`] : []),
    ...(typeof first_token_ms === 'number' ? [`first text after ${first_token_ms} ms`] : []),
    ...(textOf(finish) === '' ? [] : [`finish: ${textOf(finish)}`]),
  ];
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
