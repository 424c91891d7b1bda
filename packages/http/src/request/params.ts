import { ConfigurationError } from '@linkspan/core';

/** One value of a query or form field. `undefined` and `null` leave it out. */
export type ParamValue = string | number | boolean | bigint | Date | null | undefined;

/**
 * Fields of a query or form, by name or as pairs. An array repeats its name, a `Date` is written in ISO 8601, `undefined`
 * and `null` are left out.
 */
export type Params =
  | Readonly<Record<string, ParamValue | readonly ParamValue[]>>
  | Iterable<readonly [name: string, value: ParamValue]>
  | URLSearchParams;

/**
 * The fields as `application/x-www-form-urlencoded`, in their order.
 *
 * @throws ConfigurationError when a value is an object, an invalid date or not a finite number.
 */
export function encodeParams(params: Params, option: 'params' | 'form'): string {
  if (params instanceof URLSearchParams) return params.toString();
  const search = new URLSearchParams();
  for (const [name, value] of fieldEntries(params, option)) search.append(name, value);
  return search.toString();
}

/** The fields one by one, as text, those without a value left out. */
export function* fieldEntries(
  params: Params,
  option: 'params' | 'form',
): Generator<readonly [name: string, value: string]> {
  if (typeof params !== 'object' || params === null) throw noFields(params, option);
  const entries = Symbol.iterator in params ? params : Object.entries(params);
  for (const [name, value] of entries as Iterable<readonly [string, ParamValue | ParamValue[]]>) {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) {
        const text = fieldText(item, option, `${name}[${index}]`);
        if (text !== undefined) yield [name, text];
      }
    } else {
      const text = fieldText(value, option, name);
      if (text !== undefined) yield [name, text];
    }
  }
}

function noFields(found: unknown, option: string): ConfigurationError {
  const message = `expected fields by name, found ${found === null ? 'null' : typeof found}`;
  return new ConfigurationError(`Cannot send the request: ${option}: ${message}`, {
    issues: [{ option, message }],
  });
}

function fieldText(value: ParamValue, option: string, name: string): string | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'undefined':
      return undefined;
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'number':
      if (Number.isFinite(value)) return String(value);
      break;
    default:
      if (value === null) return undefined;
      if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  }
  const found = typeof value === 'number' ? String(value) : describeObject(value);
  const message = `expected a string, finite number, boolean, bigint or valid Date, found ${found}`;
  throw new ConfigurationError(`Cannot send the request: ${option}.${name}: ${message}`, {
    issues: [{ option: `${option}.${name}`, message }],
  });
}

function describeObject(value: unknown): string {
  if (value instanceof Date) return 'an invalid Date';
  if (Array.isArray(value)) return 'an array inside an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
