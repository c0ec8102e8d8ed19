import { z } from 'zod';
import { listedHost } from './forward/listed-host.ts';

/** A name of a host, or `*.` and one: what a client may ask the forward proxy for. */
const HOST = /^(?:\*|(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)(?::\d{1,5})?$/i;
/** A field name of RFC 9110 section 5.1. */
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Keys of an HTTP target besides those that all targets have. */
export const targetSchema = z
  .object({
    forward: z
      .union([z.literal(true), z.literal('tunnel')])
      .optional()
      .describe(
        "Clients reach the target through `HTTPS_PROXY`. `true`: the gateway ends TLS with a certificate of its forward CA, judges, masks and records each request. `tunnel`: bytes pass unseen, where a rule allows CONNECT, and are counted. Without it clients use the target's own address at the gateway.",
      ),
    hosts: z
      .array(z.string().regex(HOST, 'must be a host name, *.example.com, or * (with forward: tunnel)'))
      .default([])
      .describe('With `forward`: further hosts that this target stands for, besides `address`; `host:port` for another port than 443.'),
    token_header: z
      .string()
      .regex(FIELD_NAME, 'must be the name of a header')
      .optional()
      .describe('A header in which clients may show their gateway token, besides `Authorization` and `Proxy-Authorization`: `x-api-key`.'),
    github: z
      .boolean()
      .optional()
      .describe(
        'The target is GitHub: its requests have the operations `github:…`, administration has the class `admin`, and rules can name `repository` and `refs`. Without it that is so where the host is one of github.com or ghe.com; `true` is for GitHub Enterprise Server.',
      ),
    llm: z
      .boolean()
      .optional()
      .describe(
        'The target is a language model: calls of the known APIs read. Without it that is so where the host is a known one, such as api.openai.com or api.anthropic.com.',
      ),
    graphql: z
      .array(z.string().min(1).max(200))
      .default(['*/graphql'])
      .describe(
        'Paths at which the target speaks GraphQL; globs. Queries there read, mutations write, and their root fields are operations.',
      ),
    http: z.enum(['1', '2', 'auto']).default('auto').describe('HTTP version towards the target. `auto`: 2 for gRPC, and otherwise 1.1.'),
    hold_seconds: z
      .int()
      .min(0)
      .max(3_600)
      .default(50)
      .describe(
        'How long a held request waits for its approval; then it is answered 403, and passes once when it is sent again after a yes.',
      ),
    timeout_seconds: z
      .int()
      .min(1)
      .max(86_400)
      .default(300)
      .describe(
        'How long the target may be silent, before and within an answer. Server-sent events and WebSockets may be silent for ever.',
      ),
    body_limit_mib: z.int().positive().default(4_096).describe('The largest request body, in MiB; above it the answer is 413.'),
    record_body_kib: z
      .int()
      .min(0)
      .default(1_024)
      .describe('How much of each body is recorded, in KiB. Of the rest the record has size and SHA-256.'),
  })
  .refine(({ forward, hosts }) => forward !== undefined || hosts.length === 0, {
    path: ['hosts'],
    error: 'needs `forward: true` or `forward: tunnel`',
  })
  // The forward CA can sign for what is listed, and must not for everything.
  .refine(({ forward, hosts }) => forward !== true || !hosts.some((host) => listedHost(host).host === '*'), {
    path: ['hosts'],
    error: 'must name hosts with `forward: true`: `*` is for `forward: tunnel`',
  });

/** What {@link targetSchema} reads. */
export type TargetOptions = z.output<typeof targetSchema>;
