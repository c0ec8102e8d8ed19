import type { CommandClass } from '@sallyport/core';
import type { Wish } from '../exchange/asking.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { wishOf } from '../exchange/wish.ts';
import { gitFields } from './git-target.ts';
import type { SmartRequest } from './smart-request.ts';

/** What a request of git's is, besides a request. */
export interface GitMeaning {
  readonly class: readonly CommandClass[];
  readonly refs?: readonly string[];
  /** What it says, where its line does not tell. */
  readonly text?: string;
  readonly exact: readonly string[];
}

/**
 * A request of git's as rules judge it: to see refs and fetch what they lead to is reading, and a push begins with the same;
 * what that changes is judged ref by ref when it comes.
 */
export function gitWish(exchange: Exchange, { base, repository, service }: SmartRequest, meaning: GitMeaning): Wish {
  const { reason: _, ...wish } = wishOf(exchange, gitFields(exchange));
  const { refs, text, exact } = meaning;
  return {
    ...wish,
    class: meaning.class,
    verbs: [...wish.verbs, service === 'receive-pack' ? 'GIT PUSH' : 'GIT FETCH'],
    objects: { ...wish.objects, repository: [repository], ...(refs !== undefined && { refs }) },
    text: text === undefined ? wish.text : `${wish.text}: ${text}`,
    // Whatever else git says of itself, the same question is the same.
    exact: ['git', exchange.target.name, exchange.target.host, base, service, ...exact],
  };
}
