import { TRPCError } from '@trpc/server';
import type { TRPC_ERROR_CODE_KEY } from '@trpc/server/rpc';
import { errorTexts, type ErrorCode } from '#shared/protocol/errors';
import { isRetryable } from '../db/transaction';

/** Extra response headers of a failed call, such as `retry-after`. */
export type ErrorHeaders = Readonly<Record<string, string>>;

/** A call that fails as a whole, with a code of the one table of errors. Thrown inside procedures and parsers. */
export class CodedError extends TRPCError {
  constructor(
    readonly errorCode: ErrorCode,
    readonly headers: ErrorHeaders = {},
  ) {
    super({ code: keyOfStatus(errorTexts[errorCode].status), message: errorTexts[errorCode].sentence });
  }
}

/**
 * tRPC has a fixed set of keys; the HTTP status itself comes from the table. A client's subscription link connects
 * again by itself only after the keys of 5xx, so those must keep theirs.
 */
function keyOfStatus(status: number): TRPC_ERROR_CODE_KEY {
  return keys[status] ?? 'BAD_REQUEST';
}

const keys: Readonly<Record<number, TRPC_ERROR_CODE_KEY>> = {
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  422: 'UNPROCESSABLE_CONTENT',
  426: 'PRECONDITION_FAILED',
  429: 'TOO_MANY_REQUESTS',
  500: 'INTERNAL_SERVER_ERROR',
  503: 'SERVICE_UNAVAILABLE',
};

/** Which code a failure inside tRPC, a parser, a procedure or the database has for the client. */
export function errorCodeOf(error: TRPCError): ErrorCode {
  if (error instanceof CodedError) return error.errorCode;
  // tRPC wraps what an input parser throws.
  if (error.cause instanceof CodedError) return error.cause.errorCode;
  switch (error.code) {
    case 'NOT_FOUND':
      return 'not_found';
    case 'PAYLOAD_TOO_LARGE':
      return 'request_too_large';
    case 'PARSE_ERROR':
    case 'BAD_REQUEST':
    case 'UNSUPPORTED_MEDIA_TYPE':
    case 'UNPROCESSABLE_CONTENT':
    case 'METHOD_NOT_SUPPORTED':
      return 'request_invalid';
    default:
      return isRetryable(error.cause) ? 'unavailable' : 'internal';
  }
}

/** What the wire carries of an error, under `data.undercroft`. `incident` finds the log entry of an unexpected one. */
export interface WireError {
  readonly code: ErrorCode;
  readonly sentence: string;
  readonly next: string;
  readonly incident?: string;
}

/** The words of a code, and the incident where there is one. */
export function wireErrorOf(code: ErrorCode, incident?: string): WireError {
  const { sentence, next } = errorTexts[code];
  return { code, sentence, next, ...(incident === undefined ? {} : { incident }) };
}
