/** Every code that a {@link RollcallError} can carry. Each stands in docs/errors.md with its cause and cure. */
export const ERROR_CODES = [
  'ROLLCALL_CONFIG',
  'ROLLCALL_PORT_TAKEN',
  'ROLLCALL_LISTEN',
  'ROLLCALL_BROKER_UNREACHABLE',
  'ROLLCALL_BROKER_REFUSED',
  'ROLLCALL_ANNOUNCEMENT',
  'ROLLCALL_NO_ADDRESS',
  'ROLLCALL_COMMAND',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** A fault that a user can act on: `message` says in one line what is wrong and what to do. */
export class RollcallError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'RollcallError';
    this.code = code;
  }
}
