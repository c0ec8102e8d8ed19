import { relative } from 'node:path';
import type { Target } from '@sallyport/core';
import type { MaskProposal } from '@sallyport/gateway';
import type { Beginning, Whereabouts } from './answers.ts';
import { serviceMasks, serviceRules } from './service-rules.ts';

/** All that a first configuration is made of. */
export interface Draft {
  readonly where: Whereabouts;
  readonly beginning: Beginning;
  readonly tls: Target['tls']['mode'];
  readonly weaker?: string;
  /** `PostgreSQL 15.14` */
  readonly product: string;
  readonly masks: readonly MaskProposal[];
  /** What a look at the target proposes: what it is for, keys of its entry, and the header of its token. */
  readonly kind?: string;
  readonly options?: Readonly<Record<string, string | boolean>>;
  readonly tokenHeader?: string;
  readonly listen: string;
  readonly admin: string;
  /** `${file:…}` or `${env:…}`; undefined: there is no password. */
  readonly password?: string;
  /** Folder of the file: paths in it start there. */
  readonly folder: string;
}

/** A commented sallyport.yaml for one target. */
export function configurationText(draft: Draft): string {
  const { beginning } = draft;
  return `# Sallyport before ${beginning.name} (${draft.product}), begun by \`sallyport init\`. Every key: docs/configuration.md.
# After a change: \`sallyport config check\`, then send the running gateway a SIGHUP. \`sallyport doctor\` looks for what is wrong.

data_dir: ./.sallyport              # the record, the keys, the gateway's own CA; for its account alone
admin: { listen: "${draft.admin}" }   # what \`sallyport approvals\` and the like speak to; this machine only

identity:
  users:                            # who there is; tokens are made with \`sallyport token create\`
    ${beginning.person}: { groups: [developers] }
    ${beginning.approver}: { groups: [approvers] }    # nobody approves for themselves: name the people who may
    ${beginning.agent}: { kind: agent, groups: [agents] }

${targetText(draft)}
access:                             # nothing listed, nobody in
  - { groups: [developers, agents], targets: [${scalar(beginning.name)}] }

${defaultsText(beginning.shadow)}
${isService(draft) ? serviceRules(draft.kind, enforceLine(beginning.shadow)) : rulesText(enforceLine(beginning.shadow))}
masking:                            # what clients see instead; unless: { groups: [...] } exempts
${isService(draft) ? serviceMasks(draft.kind) : masksText(draft.masks)}${SECRETS_ANYWHERE}
recording: { durability: strict, results: full, keep: 90d }
`;
}

/** An HTTP service has other rules and masks than a database. */
export function isService({ where }: Pick<Draft, 'where'>): boolean {
  return where.protocol.name === 'http';
}

function targetText(draft: Draft): string {
  const { where, beginning, tls, weaker, listen, folder } = draft;
  const { host, port, database, ca } = where;
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const lines = [
    `    tls: ${tls}${weaker === undefined ? '' : '                     # should be verify-full:'}`,
    ...comment(weaker),
    ...(tls === 'verify-full' && ca !== undefined ? [`    ca: ${scalar(pathFrom(folder, ca.file))}`] : []),
    ...(database === undefined ? [] : [`    database: ${scalar(database)}                  # others only if listed: databases: [...]`]),
    ...Object.entries(draft.options ?? {}).map(([key, value]) => `    ${key}: ${value}`),
    ...credentialLines(draft),
  ];
  return `targets:
  ${beginning.name}:
    protocol: ${where.protocol.name}
    listen: "${listen}"       # where clients connect; for other machines 0.0.0.0, and tls: { names: [...] } at the top
    address: "${address}"
${lines.join('\n')}
`;
}

function credentialLines({ where, password, tokenHeader }: Draft): readonly string[] {
  const { username, byToken } = where;
  if (byToken === true && password === undefined) return [];
  const head = '    credentials:                    # no client ever has these';
  if (byToken !== true)
    return [head, `      username: ${scalar(username)}`, ...(password === undefined ? [] : [`      password: "${password}"`])];
  if (tokenHeader === undefined) return [head, `      token: "${password}"`];
  return [
    `    token_header: ${tokenHeader}         # where clients put their gateway token, as they would the key itself`,
    head,
    `      token: "${password}"`,
    `      header: ${tokenHeader}`,
  ];
}

/** What only watches must stop nothing: the defaults would, so that they are wide meanwhile. */
const SHADOW_DEFAULTS = `# In shadow mode rules stop nothing; masks mask all the same, and so does what keeps masked values from being stored
# elsewhere. Later: person: [read, write, session] and agent: [read, session].
defaults:
  person: [read, write, session, ddl, privilege, admin, unknown]
  agent: [read, write, session, ddl, privilege, admin, unknown]
`;
const DEFAULTS = `defaults:                           # classes of commands that pass with no rule
  person: [read, write, session]
  agent: [read, session]
`;

function defaultsText(shadow: boolean): string {
  return shadow ? SHADOW_DEFAULTS : DEFAULTS;
}

/** A line of a rule in shadow mode. */
function enforceLine(shadow: boolean): string {
  return shadow ? '\n    enforce: false                  # shadow mode: recorded as "would hold" or "would deny"' : '';
}

function rulesText(enforce: string): string {
  return `rules:                              # deny beats hold beats allow; try them: sallyport policy test
  - name: schema and privileges need an approval
    match: { class: [ddl, privilege] }
    action: hold
    approval: { groups: [approvers], timeout: 10m }${enforce}
  - name: writes by agents need an approval
    match: { kind: agent, class: [write] }
    action: hold
    approval: { groups: [approvers], timeout: 10m }${enforce}
  - name: no unfiltered changes by agents
    match: { kind: agent, unfiltered: true }
    action: deny
    message: add a WHERE clause${enforce}
`;
}

/** What belongs in no cell, and has a form that hardly anything else has. */
const SECRETS_ANYWHERE =
  '  - { name: secrets anywhere, detect: [aws-key, github-token, gitlab-token, slack-token, jwt, private-key, url-password], method: redact }\n';

function masksText(masks: readonly MaskProposal[]): string {
  const entries = masks.map(({ name, columns, method }) => {
    const list = columns.map((column) => JSON.stringify(column)).join(', ');
    return `  - { name: ${scalar(name)}, columns: [${list}], method: ${scalar(method)} }\n`;
  });
  return entries.join('');
}

/** As it stands where that is a plain word to YAML, else in double quotes, which are JSON's. */
function scalar(text: string): string {
  const word = /^[A-Za-z][A-Za-z0-9 _./-]*$/.test(text) && !text.endsWith(' ');
  return word && !/^(null|true|false|yes|no|on|off|y|n)$/i.test(text) ? text : JSON.stringify(text);
}

function pathFrom(folder: string, file: string): string {
  const near = relative(folder, file);
  return near.startsWith('..') ? file : `./${near}`;
}

/** Words as lines of a comment. */
function comment(text = ''): readonly string[] {
  const lines = text.replace(/\s+/g, ' ').match(/\S.{0,100}(?=\s|$)/g) ?? [];
  return lines.map((line) => `    # ${line}`);
}
