/**
 * The rules of a first configuration before an HTTP service.
 *
 * @param kind what the service turned out to be.
 * @param enforce the line of a rule in shadow mode, or nothing.
 */
export function serviceRules(kind: string | undefined, enforce: string): string {
  const approval = `    action: hold\n    approval: { groups: [approvers], timeout: 10m }${enforce}\n`;
  const github = `  - name: merges, workflows and releases need an approval
    match: { operations: ["github:merge", "github:workflow", "github:release"] }
${approval}`;
  const deletions = `  - name: agents delete nothing
    match: { kind: agent, verb: DELETE }
    action: deny
    message: ask a person to delete it${enforce}
`;
  return `rules:                              # deny beats hold beats allow; try them: sallyport policy test 'POST /path'
  - name: administration needs an approval
    match: { class: [admin, ddl] }  # settings, hooks, keys of GitHub; deleted and rewritten branches of Git
${approval}  - name: writes by agents need an approval
    match: { kind: agent, class: [write] }
${approval}${kind === 'GitHub' ? github : kind === undefined ? deletions : ''}`;
}

/** Masking rules to begin with, besides that for secrets anywhere. */
export function serviceMasks(kind: string | undefined): string {
  const numbers = '  - { name: cards and accounts, detect: [card, iban], method: redact }\n';
  if (kind === 'GitHub') return '';
  if (kind === undefined) return `  - { name: contact data, fields: ["$..email", "$..phone", "$..mobile"], method: partial }\n${numbers}`;
  const prompts = 'detect: [email, card, aws-key, github-token, private-key], method: redact, requests: true';
  return `  - { name: what the model is told, ${prompts} }\n${numbers}`;
}
