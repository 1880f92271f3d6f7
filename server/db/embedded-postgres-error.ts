export type EmbeddedPostgresErrorCode =
  | 'in_use'
  | 'no_binaries'
  | 'no_user'
  | 'unreachable'
  | 'password_missing'
  | 'wrong_version'
  | 'init_failed'
  | 'start_failed'
  | 'lost';

/** Why the embedded Postgres cannot be had; the message is for whoever started the program. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';

  constructor(
    readonly code: EmbeddedPostgresErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
