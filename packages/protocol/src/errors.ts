/**
 * Every code that a {@link RollcallError} can carry, with the exit code of a program that it ends.
 * Each stands in docs/reference/errors.md with its cause and cure.
 */
export const EXIT_CODES = {
  ROLLCALL_CONFIG: 2,
  ROLLCALL_ANNOUNCEMENT: 2,
  ROLLCALL_NO_ADDRESS: 2,
  ROLLCALL_PORT_TAKEN: 3,
  ROLLCALL_LISTEN: 3,
  ROLLCALL_BROKER_UNREACHABLE: 4,
  ROLLCALL_GATEWAY_UNREACHABLE: 4,
  ROLLCALL_BROKER_REFUSED: 5,
} as const;

/** The codes of errors that a user can act on. docs/reference/errors.md lists causes and remedies. */
export type ErrorCode = keyof typeof EXIT_CODES;

/** A fault that a user can act on: `message` says in one line what is wrong and what to do. */
export class RollcallError extends Error {
  /** Which error this is, for programs. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'RollcallError';
    this.code = code;
  }
}

/** The exit code of a program that ends by this error: 1 for what is not a {@link RollcallError}. */
export function exitCodeOf(error: unknown): number {
  return error instanceof RollcallError ? EXIT_CODES[error.code] : 1;
}
