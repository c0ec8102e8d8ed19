import type { FastifyReply } from 'fastify';

const STATUS = {
  bad_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  needs_approve_token: 403,
  self_approval: 403,
  not_an_approver: 403,
  not_found: 404,
  settled: 409,
  voted: 409,
  unavailable: 503,
} as const;

export type ApiErrorCode = keyof typeof STATUS;

/** An answer that is no result: one code for programs, one sentence for people. */
export class ApiError extends Error {
  readonly code: ApiErrorCode;

  constructor(code: ApiErrorCode, message: string) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
  }

  send(reply: FastifyReply): FastifyReply {
    return reply.code(STATUS[this.code]).send({ error: { code: this.code, message: this.message } });
  }
}
