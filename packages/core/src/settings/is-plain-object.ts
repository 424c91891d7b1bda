/**
 * Whether a value is an object literal or its like, of any realm. Instances are not: a `Map`, a
 * `Headers` or a `URL` has no members of its own, and would be read as if it were empty.
 */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
