/** Several tasks of one group failed; `errors` has what each was rejected with, in that order. */
export class TaskGroupError extends AggregateError {
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'TaskGroupError' });
  }

  constructor(errors: readonly unknown[]) {
    const messages = errors.slice(0, 3).map((error) => String(error));
    const more = errors.length > 3 ? `, and ${errors.length - 3} more` : '';
    super(errors, `${errors.length} tasks failed: ${messages.join('; ')}${more}`);
  }
}

/** What to throw for these failures: the failure itself where there is one. */
export function joinFailures(failures: readonly unknown[]): unknown {
  return failures.length === 1 ? failures[0] : new TaskGroupError(failures);
}
