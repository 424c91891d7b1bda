/** What the user must change before anything can be sent. The program says it, and exits with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
