import { ConfigurationError } from '@linkspan/core';
import type { Play } from './fault.ts';
import type { SequenceStep } from './fault-server.ts';
import { findFault, type ListedFault } from './faults.ts';
import { readNumbers } from './read-numbers.ts';

/**
 * The fault of this id.
 *
 * @throws ConfigurationError when there is none.
 */
export function knownFault(id: string): ListedFault {
  const fault = findFault(id);
  if (fault !== undefined) return fault;
  throw refuse('make a URL', 'id', `expected the id of a fault, found ${JSON.stringify(id)}`);
}

/**
 * A step of a sequence as a play, its numbers read once.
 *
 * @throws ConfigurationError for a fault that is not played by answering a request.
 */
export function playOf(step: SequenceStep): Play {
  if (typeof step === 'function') return step;
  const [id, numbers] = typeof step === 'string' ? [step, {}] : step;
  const fault = knownFault(id);
  const { play } = fault;
  if (play === undefined || fault.place !== undefined) {
    throw refuse('make a URL', 'steps', `'${id}' has a port of its own and cannot be a step`);
  }
  const read = readNumbers(id, fault, numbers);
  return (exchange) => play(exchange, read);
}

/** What a client asks for in a URL, which it may have made itself. */
export function playOfTarget(target: string): Play {
  const url = URL.parse(target, 'http://127.0.0.1');
  const fault = findFault(url?.pathname.replace(/^\/faults\//, '') ?? '');
  const { play } = fault ?? {};
  if (url === null || fault === undefined || play === undefined) {
    return (exchange) => exchange.answer(404, TEXT, `There is no fault at ${target}\n`);
  }
  try {
    const numbers = readNumbers(fault.id, fault, Object.fromEntries(url.searchParams));
    return (exchange) => play(exchange, numbers);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return (exchange) => exchange.answer(400, TEXT, `${error.message}\n`);
  }
}

const TEXT = { 'content-type': 'text/plain; charset=utf-8' } as const;

/** The error for what cannot be done with this option. */
export function refuse(what: string, option: string, message: string): ConfigurationError {
  return new ConfigurationError(`Cannot ${what}: ${option}: ${message}`, {
    issues: [{ option, message }],
  });
}
