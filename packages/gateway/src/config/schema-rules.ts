import { COMMAND_CLASSES } from '@sallyport/core';
import { DETECTOR_NAMES } from '@sallyport/masking';
import { z } from 'zod';
import { DAY_MS, duration, field, label, labels, oneOrMore, size } from './schema-parts.ts';

const kind = z.enum(['person', 'agent']);
const commandClass = z.enum(COMMAND_CLASSES);
const approvers = oneOrMore(label).describe('Groups whose members may decide. The requester never may, nor the person behind an agent.');
const count = z.number().int().min(1).max(100).default(1).describe('Distinct people who must say yes.');
const timeout = duration(7 * DAY_MS)
  .default('10m')
  .describe('How long to wait for them; then the answer is no.');

const approval = z.strictObject({
  groups: approvers,
  count,
  timeout,
  timeout_in_transaction: duration(7 * DAY_MS)
    .default('30s')
    .describe('How long a command waits inside an open transaction, which keeps its locks; never longer than `timeout`.'),
  grant: z
    .enum(['once', 'exact', 'shape', 'rule'])
    .default('once')
    .describe('What a yes covers: this command once, its `exact` text, its `shape` (any literals), or everything this `rule` holds.'),
  for: duration(90 * DAY_MS)
    .optional()
    .describe('How long a grant lasts. Needed by every `grant` but `once`.'),
});

const accessApproval = z.strictObject({
  groups: approvers,
  count,
  timeout,
  for: duration(90 * DAY_MS)
    .optional()
    .describe('How long the access lasts once approved; without it each connection asks.'),
});

const who = {
  users: oneOrMore(label).optional().describe('Names of people or agents; globs.'),
  groups: oneOrMore(label).optional().describe('Groups, of which the identity has one; globs.'),
};
const where = {
  targets: oneOrMore(label).optional().describe('Names of targets; globs.'),
  labels: labels.optional().describe('Labels that the target carries, each with one of the values; globs.'),
};

const match = z.strictObject({
  protocol: oneOrMore(label).optional().describe("The target's protocol."),
  ...where,
  ...who,
  kind: oneOrMore(kind).optional().describe('Whether a person or an agent asks.'),
  class: oneOrMore(commandClass)
    .optional()
    .describe(
      'Classes of the command, any of which counts. Each class that does not pass by default needs an `allow` or `hold` that names it or has no `class`. A denial or hold on `ddl` or `privilege` also catches `unknown`.',
    ),
  verb: oneOrMore(label).optional().describe('Verbs such as `DELETE` or `DROP *`, whatever their case; globs.'),
  relations: oneOrMore(label)
    .optional()
    .describe(
      'Tables and views as `schema.name`, or `name` in any schema; globs. A denial or hold catches names without a schema; an `allow` needs every name to match for certain.',
    ),
  launders: z
    .boolean()
    .optional()
    .describe(
      'A statement that may store values of masked columns where no mask finds them: INSERT … SELECT, CREATE TABLE AS, a view or a function over masked data. By default it waits for those who approve what else is held, and is denied to agents; a rule with `launders: true` decides instead.',
    ),
  command: oneOrMore(label)
    .optional()
    .describe(
      'A command line of SSH, exactly as it was sent; globs. In an `allow` a `*` stands for a part of one word: for no space, no option, no path that climbs (`..`), and nothing that a shell gives a meaning (`;`, `|`, `$`, quotes …). A denial or hold can be got round by writing the command otherwise: allow what may run rather than deny what may not.',
    ),
  paths: oneOrMore(label)
    .optional()
    .describe(
      'Files on the target that a transfer reads or changes, files that a push changes, and the path of an HTTP request; globs, in which `*` crosses `/`. A request is refused or rewritten until its path reads alike everywhere: escapes are decoded, `.`, `..` and `//` removed. Where servers differ (`%2F`, `;`), a denial or hold catches it in any reading and whatever its case; an `allow` needs every reading to match.',
    ),
  addresses: oneOrMore(label).optional().describe('`host:port`, or the path of a socket, that a tunnel leads to or listens at; globs.'),
  repository: oneOrMore(label).optional().describe("A Git repository's path; globs."),
  refs: oneOrMore(label).optional().describe('Git refs by their full names, such as `refs/heads/main`; globs.'),
  findings: oneOrMore(label)
    .optional()
    .describe('Names of masking rules with `detect` or `pattern` that find something in what a push adds; globs.'),
  hosts: oneOrMore(label).optional().describe('The host that an HTTP request is for, without a port; globs.'),
  headers: oneOrMore(field(':', 'name: value, such as "content-type: text/*"'))
    .optional()
    .describe(
      'Headers of an HTTP request as `name: value`; globs on either side. A denial or hold catches any of them, whatever its case; an `allow` needs every header of such a name to match. Values are not recorded.',
    ),
  query: oneOrMore(field('=', 'name=value, such as "per_page=*"'))
    .optional()
    .describe(
      "Parameters of an HTTP request's query as `name=value`, decoded; globs on either side. A denial or hold catches any of them; an `allow` needs all of the query's parameters to match. Values are not recorded.",
    ),
  operations: oneOrMore(label)
    .optional()
    .describe(
      'What a request does at an API that the gateway knows: `graphql:FIELD` for each root field, `github:merge`, `github:push`, `github:contents`, `github:workflow`, `github:release`, `github:admin`, `llm:chat`; globs.',
    ),
  bytes_over: size
    .optional()
    .describe(
      'The body of an HTTP request is larger: `10MiB`, `512KiB`, or a number of bytes. A body whose size is not announced counts as larger for a denial or hold, and not for an `allow`.',
    ),
  unfiltered: z.boolean().optional().describe('An UPDATE or DELETE that reaches every row: no WHERE, or one that is always true.'),
});

/** `access`: who may connect where. */
export const access = z.array(
  z.strictObject({
    ...who,
    ...where,
    approval: accessApproval.optional().describe('Each connection needs an approval. An entry without one beats this.'),
  }),
);

/** `defaults`: classes that pass with no rule. */
export const defaults = z.strictObject({
  person: z.array(commandClass).default(['read', 'write', 'session']).describe('Classes that pass for people.'),
  agent: z.array(commandClass).default(['read', 'session']).describe('Classes that pass for agents.'),
});

/** `rules`: what happens to commands. */
export const rules = z.array(
  z.strictObject({
    name: label.describe('Unique; stands in recordings, approvals and denials.'),
    match: match.describe('Conditions; a list is any of, keys are all of. `{}` matches every command.'),
    unless: match.optional().describe('Exempts what meets it; the same keys as `match`.'),
    action: z
      .enum(['allow', 'deny', 'hold'])
      .describe('`deny` beats `hold` beats `allow`, in whatever order rules stand. `allow` lifts the default and nothing else.'),
    approval: approval.optional().describe('Needed by `hold`: who must approve.'),
    message: z
      .string()
      .min(1)
      .max(500)
      .regex(/^\P{Cc}+$/u, 'must be one line')
      .optional()
      .describe('What the denied client reads, verbatim.'),
    enforce: z.boolean().default(true).describe('`false` is shadow mode: recorded as would-deny or would-hold, nothing is stopped.'),
    record: z.enum(['off']).optional().describe('`off`: what the rule wholly matches passes unrecorded, which is itself recorded.'),
    results: z.enum(['full', 'digest', 'none']).optional().describe('How results are recorded where the rule wholly matches.'),
  }),
);

/** `masking`: what is masked how. */
export const masking = z.array(
  z.strictObject({
    name: label.describe('Unique; recordings count masked values by it.'),
    columns: oneOrMore(label)
      .optional()
      .describe('Masks whole columns: `schema.table.column`, `table.column` or `*.column`; globs. Case counts only within double quotes.'),
    detect: oneOrMore(z.enum(DETECTOR_NAMES))
      .optional()
      .describe('Masks what has such a form, in any text of any column and message: see [masking.md](masking.md).'),
    pattern: oneOrMore(z.string().min(1).max(500))
      .optional()
      .describe("Masks what such a pattern matches, in any text: RE2's syntax, matched in linear time."),
    fields: oneOrMore(label)
      .optional()
      .describe(
        "Masks values at such places in JSON and forms that pass through an HTTP target: `$.users[*].email`, `$.users[0].email`, `$..email` (at any depth), `$.*`, `$['odd name']`. Names match exactly; of an object or array each value within is masked.",
      ),
    requests: z
      .boolean()
      .default(false)
      .describe('`true`: what goes to an HTTP target is masked too, such as the prompt to a model. Needs `detect`, `pattern` or `fields`.'),
    method: z
      .enum(['redact', 'partial', 'hash', 'token', 'null'])
      .describe(
        '`redact` shows a constant, `partial` at most the last 4 characters and a quarter of the value, `hash` a keyed hash that is equal for equal values, `token` an encrypted value that WHERE and joins understand, `null` nothing. The strictest of several wins: null, redact, hash, token, partial.',
      ),
    domain: label
      .optional()
      .describe('Needed by `token`: rules of one domain make the same token of the same value, so that their columns join.'),
    targets: oneOrMore(label).optional().describe('Targets that the rule is for; globs. Without it: all.'),
    unless: z.strictObject(who).optional().describe('Who sees the values as they are. Every key that stands here must hold.'),
  }),
);
