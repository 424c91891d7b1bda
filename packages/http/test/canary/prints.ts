import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { format, inspect } from 'node:util';
import { isLinkspanError, StatusError } from '@linkspan/core';
import type { Print } from './canaries.ts';

/** A value as the console shows it at its most talkative, and as JSON. */
export function printsOfValue(place: string, value: unknown): readonly Print[] {
  return [
    [`inspect(${place})`, inspect(value, { depth: Infinity, showHidden: true, getters: true })],
    [`JSON of ${place}`, JSON.stringify(value) ?? ''],
  ];
}

/**
 * Everything that a program may print of a failure: of each error in its chain message, stack and
 * text. What a foreign error has in properties of its own is not printed with the failure, as
 * `LinkspanError` says, and is not looked at.
 */
export function printsOfFailure(place: string, failure: unknown): readonly Print[] {
  const prints: Print[] = [...printsOfValue(place, failure)];
  const seen = new Set<unknown>();
  const look = (path: string, error: unknown): void => {
    if (!(error instanceof Error) || seen.has(error)) return;
    seen.add(error);
    prints.push([`${path}.message`, error.message], [`${path}.stack`, error.stack ?? '']);
    prints.push([`String(${path})`, String(error)]);
    if (isLinkspanError(error)) {
      prints.push([`format(${path})`, format('%s %o', error, error)]);
      prints.push(...printsOfValue(`${path}.toJSON()`, error.toJSON()));
      prints.push(...printsOfValue(`${path}'s properties`, { ...error, cause: undefined }));
    }
    if (error instanceof StatusError) {
      prints.push(...printsOfValue(`${path}.response`, error.response));
      prints.push(...printsOfValue(`${path}.providerError`, error.providerError));
    }
    look(`${path}.cause`, error.cause);
    const { errors } = error as { readonly errors?: unknown };
    if (Array.isArray(errors)) errors.forEach((each, at) => look(`${path}.errors[${at}]`, each));
  };
  look(place, failure);
  return prints;
}

/** What is printed, warned and published in the process. */
export interface PrintWatch {
  readonly prints: readonly Print[];
  stop(): void;
}

const consoleMethods = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const;
const events = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

/** Collects what is printed, warned and published from now on; nothing of it is shown. */
export function watchPrints(): PrintWatch {
  const prints: Print[] = [];
  const restore = [
    replace(process, 'emitWarning', (...given) => {
      for (const each of given) prints.push(...printsOfFailure('a process warning', each));
    }),
    ...consoleMethods.map((method) =>
      replace(console, method, (...values) => {
        prints.push([`console.${method}`, format(...values)]);
      }),
    ),
  ];
  const stops = events.map((event) => {
    const name = `tracing:linkspan:http:request:${event}`;
    const listener = (message: unknown): void => {
      prints.push(...printsOfValue(`the channel's ${event}`, message));
    };
    subscribe(name, listener);
    return () => unsubscribe(name, listener);
  });
  return {
    prints,
    stop() {
      for (const end of [...restore, ...stops]) end();
    },
  };
}

/** Puts a function in the place of a method, and gives back what undoes it. No mock: those end with a test. */
function replace<Name extends string>(
  owner: Record<Name, unknown>,
  name: Name,
  fn: (...values: unknown[]) => void,
): () => void {
  const original = owner[name];
  owner[name] = fn;
  return () => {
    owner[name] = original;
  };
}
