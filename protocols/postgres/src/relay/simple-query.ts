import type { Step } from '@sallyport/core';
import type { PgFrame } from '../codec/frames.ts';
import { decodeQuery, encodeQuery } from '../codec/query.ts';
import type { Asking, Request } from './asking.ts';
import { type Conversation, NOTHING_OPEN } from './conversation.ts';
import { copiesOf } from './copy-in.ts';
import { FAILING_QUERY } from './denial.ts';
import { effectsOf, unsettles } from './effects.ts';
import { requireExact } from './exact.ts';
import { toTarget } from './steps.ts';
import { restoredText } from './tokens.ts';

/** A Query message: one text, judged as a whole. */
export function simpleQuery(conversation: Conversation, asking: Asking, frame: PgFrame): Step {
  const { sql } = decodeQuery(frame.raw);
  requireExact(sql, () => encodeQuery(sql), frame.raw);
  conversation.group += 1;
  return asking.understand(sql, (analysis) => {
    const request: Request = {
      text: sql,
      analysis,
      rowLimit: 0,
      pass(run, copy) {
        conversation.open = NOTHING_OPEN;
        conversation.replies.push({
          kind: 'query',
          run,
          exposed: run.meaning.telling,
          effects: effectsOf(conversation, sql, run.meaning.analysis),
          unsettling: unsettles(run.meaning.analysis),
          copies: copiesOf(run.meaning, conversation.gate, conversation.protection, copy),
        });
        conversation.group += 1;
        const restored = restoredText({ meaning: run.meaning, ...conversation });
        return toTarget(restored === undefined ? frame.raw : encodeQuery(restored));
      },
      refuse(denial) {
        conversation.open = NOTHING_OPEN;
        conversation.group += 1;
        conversation.replies.push({ kind: 'query', exposed: false, denial });
        return toTarget(FAILING_QUERY);
      },
    };
    return asking.submit(request);
  });
}
