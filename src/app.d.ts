import type { ErrorCode } from '#shared/protocol/errors';

declare global {
  namespace App {
    interface Error {
      message: string;
      /** What src/shared/protocol/errors has words for; absent for a failure that has no code. */
      code?: ErrorCode;
    }
  }
}

export {};
