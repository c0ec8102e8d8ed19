export type { Access } from './access.ts';
export type { AccessEntry, ApprovalSpec, Match, PolicyConfig, Rule } from './config.ts';
export type { Judgement, Shadow } from './judgement.ts';
export { compilePolicy, type Policy, type Subject } from './policy.ts';
export type { TargetFacts } from './standing.ts';
