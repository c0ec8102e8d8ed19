export { type ApprovalDetailJson, type ApprovalJson, approvalDetailJson, approvalJson } from './approval-json.ts';
export type { ApprovalRequest, ApprovalTerms, Subject } from './approval-request.ts';
export { type Approvals, type ApprovalsOptions, createApprovals, type Request } from './approvals.ts';
export type { Decision, Objection, Verdict } from './decision.ts';
