/** What an outcome or a refused call says, by stable code. Codes are never renamed or reused. */
export interface ErrorText {
  /** One sentence for a person. */
  readonly sentence: string;
  /** What to do next. */
  readonly next: string;
  /** The HTTP status of a call that fails with it; a refused intent travels with 200 inside its outcome. */
  readonly status: 400 | 401 | 403 | 404 | 409 | 410 | 413 | 422 | 426 | 429 | 500 | 503;
}
