interface WarningHost {
  readonly process?: { readonly emitWarning?: (warning: Error) => void };
  readonly console?: { readonly warn: (...values: unknown[]) => void };
}

/**
 * Tells of an observer's failure without failing the call that it observes: as a process warning
 * where there are any, else on the console.
 */
export function reportHookError(hook: string, error: unknown): void {
  warn('LinkspanHookWarning', `The ${hook} hook failed; the call is not affected`, error);
}

/** Tells of a failure that nobody else is told of: as a process warning, else on the console. */
export function warn(name: string, message: string, error: unknown): void {
  const warning = new Error(message, { cause: error });
  warning.name = name;
  if (error instanceof Error && error.stack !== undefined) {
    warning.stack = `${warning.name}: ${warning.message}\n[cause] ${error.stack}`;
  }
  const host = globalThis as unknown as WarningHost;
  if (host.process?.emitWarning === undefined) host.console?.warn(warning);
  else host.process.emitWarning(warning);
}
