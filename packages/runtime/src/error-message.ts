/** What an error says, for a line of the log. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
