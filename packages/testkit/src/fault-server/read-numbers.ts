import { ConfigurationError } from '@linkspan/core';
import type { Fault, FaultNumbers } from './fault.ts';

/**
 * The numbers of a fault, with its defaults where none is given.
 *
 * @throws ConfigurationError for a name that the fault does not take, and for what is no number.
 */
export function readNumbers(
  id: string,
  fault: Fault,
  given: Readonly<Record<string, unknown>>,
): FaultNumbers {
  const numbers: Record<string, number> = { ...fault.numbers };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(numbers, name)) {
      const known = Object.keys(numbers);
      const expected = known.length === 0 ? 'no numbers' : known.join(', ');
      throw refuse(id, name, `is unknown; the fault takes ${expected}`);
    }
    const number = typeof value === 'string' && value !== '' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isFinite(number)) {
      throw refuse(id, name, `expected a number, found ${JSON.stringify(value)}`);
    }
    numbers[name] = number;
  }
  return numbers;
}

function refuse(id: string, option: string, message: string): ConfigurationError {
  return new ConfigurationError(`Cannot play the fault '${id}': ${option}: ${message}`, {
    issues: [{ option, message }],
  });
}
