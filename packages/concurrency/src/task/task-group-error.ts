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

/**
 * What to throw for these failures, of which there is at least one: the failure itself where there
 * is only one. Tasks that wait for the same thing fail with one and the same error; it counts once.
 */
export function joinFailures(failures: Iterable<unknown>): unknown {
  const distinct = [...new Set(failures)];
  return distinct.length === 1 ? distinct[0] : new TaskGroupError(distinct);
}
