import { redactText } from '../secrets/redact-text.ts';
import { isPlainObject } from './is-plain-object.ts';

const LONGEST_SHOWN = 48;

/**
 * Says what a value is, for "found ..." in a message: `-1`, `"abc"`, `an array of 3`. Long strings
 * are told by their length, and what looks like a secret is not shown.
 */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > LONGEST_SHOWN
        ? `a string of ${value.length} characters`
        : JSON.stringify(redactText(value));
    case 'undefined':
      return 'nothing';
    case 'function':
      return 'a function';
    case 'object':
      return describeObject(value);
    case 'bigint':
      return `${value}n`;
    default:
      return String(value);
  }
}

function describeObject(value: object | null): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (isPlainObject(value)) return 'an object';
  const maker: unknown = (value as { readonly constructor?: unknown }).constructor;
  const name = typeof maker === 'function' ? maker.name : '';
  return name === '' || name === 'Object' ? 'an object' : `an instance of ${name}`;
}
