/**
 * The codes of {@link RollcallError}, each with the exit code of a program that ends by it.
 * docs/reference/errors.md has the cause and the cure of each.
 */
export const EXIT_CODES = {
  ROLLCALL_CONFIG: 2,
  ROLLCALL_ANNOUNCEMENT: 2,
  ROLLCALL_NO_ADDRESS: 2,
  ROLLCALL_PORT_TAKEN: 3,
  ROLLCALL_LISTEN: 3,
  ROLLCALL_BROKER_UNREACHABLE: 4,
  ROLLCALL_GATEWAY_UNREACHABLE: 4,
  ROLLCALL_AUTH_UNREACHABLE: 4,
  ROLLCALL_BROKER_REFUSED: 5,
  ROLLCALL_GATEWAY_REFUSED: 5,
  ROLLCALL_AUTH_REFUSED: 5,
} as const;

/** What kind of fault a {@link RollcallError} is. */
export type ErrorCode = keyof typeof EXIT_CODES;

/** An error that a user can act on. Its message says in one line what is wrong and what to do. */
export class RollcallError extends Error {
  /** What kind of fault it is. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'RollcallError';
    this.code = code;
  }
}

/** The exit code of a program that ends by this error. It is 1 for any that is not a {@link RollcallError}. */
export function exitCodeOf(error: unknown): number {
  return error instanceof RollcallError ? EXIT_CODES[error.code] : 1;
}
