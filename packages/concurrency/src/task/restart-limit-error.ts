/** A supervisor gave up on a child that ended too often; `cause` is its last failure. */
export class RestartLimitError extends Error {
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'RestartLimitError' });
  }

  constructor(name: string, maxRestarts: number, windowMs: number, cause: unknown) {
    super(
      `Cannot keep ${name || 'the child'} running: ${maxRestarts} restarts within ${windowMs} ms were not enough`,
      { cause },
    );
  }
}
