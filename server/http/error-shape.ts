import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { errorTexts, type ErrorCode } from '#shared/protocol/errors';
import { CodedError, wireErrorOf } from '../trpc/coded-error';

/** An error in the shape that tRPC's formatter (server/trpc/trpc.ts) gives it, for answers that tRPC does not write. */
export function errorShapeOf(errorCode: ErrorCode) {
  const { code } = new CodedError(errorCode);
  const undercroft = wireErrorOf(errorCode);
  return {
    code: TRPC_ERROR_CODES_BY_KEY[code],
    message: undercroft.sentence,
    data: { code, httpStatus: errorTexts[errorCode].status, undercroft },
  };
}
