import type { Delta, Dialect, Fact } from './dialect.ts';
import { at, type Json, listAt, numberAt, textAt } from './json-value.ts';
import { partsText } from './message-text.ts';
import { aboutAnswer, logprobs } from './openai-chat.ts';

/** OpenAI's older Completions: a prompt and its continuation ({@link https://platform.openai.com/docs/api-reference/completions reference}). */
export const openaiCompletions: Dialect = {
  structured: () => false,
  event(event) {
    const deltas: Delta[] = listAt(event, 'choices').flatMap((choice, number) => {
      const text = textAt(choice, 'text');
      if (text === undefined) return [];
      const index = numberAt(choice, 'index') ?? number;
      const [id, object, model] = ['id', 'object', 'model'].map((name) => textAt(event, name));
      const carrier = (piece: string): Json => ({
        id,
        object,
        created: numberAt(event, 'created'),
        model,
        choices: [{ index, text: piece, logprobs: null, finish_reason: null }],
      });
      return [{ place: ['choices', number, 'text'], text, part: `${index}/text`, form: 'text', as: 'completion', carrier }];
    });
    const ended = listAt(event, 'choices').flatMap((choice, number) =>
      textAt(choice, 'finish_reason') ? [`${numberAt(choice, 'index') ?? number}/`] : [],
    );
    return { deltas, ends: ended, nested: [], signed: [], repeated: logprobs(event), facts: [...aboutAnswer(event), ...finishes(event)] };
  },
  document: (document) => ({ nested: [], signed: [], repeated: logprobs(document) }),
  facts: (answer) => [
    ...aboutAnswer(answer),
    ...listAt(answer, 'choices').map(
      (choice, index): Fact => ({ type: 'completion', part: `${index}/text`, text: textAt(choice, 'text') ?? '' }),
    ),
    ...finishes(answer),
  ],
  messages: (request) => [{ role: 'user', text: partsText(at(request, 'prompt')) }],
};

function finishes(answer: Json): Fact[] {
  return listAt(answer, 'choices').flatMap((choice) => {
    const reason = textAt(choice, 'finish_reason');
    return reason ? [{ type: 'finish', reason }] : [];
  });
}
