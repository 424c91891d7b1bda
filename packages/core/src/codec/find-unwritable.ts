/** The part of a value that JSON cannot hold. */
export interface Unwritable {
  /** `'$.rows[3].id'`; `'$'` is the value itself. */
  readonly path: string;
  /** `'is a bigint'`: stands after the path. */
  readonly reason: string;
}

const DEEPEST = 2000;

/** Finds why `JSON.stringify` refused a value: a bigint, a circle, a `toJSON` that throws, depth. */
export function findUnwritable(value: unknown): Unwritable | undefined {
  if (value === undefined || typeof value === 'function' || typeof value === 'symbol') {
    return { path: '$', reason: `is ${value === undefined ? 'undefined' : `a ${typeof value}`}` };
  }
  return visit(value, '$', '', new Set());
}

function visit(
  given: unknown,
  path: string,
  key: string,
  ancestors: Set<object>,
): Unwritable | undefined {
  let value = given;
  try {
    value = callToJson(given, key);
  } catch {
    return { path, reason: 'has a toJSON() that throws' };
  }
  if (typeof value === 'bigint') return { path, reason: 'is a bigint' };
  if (typeof value !== 'object' || value === null) return undefined;
  if (ancestors.has(value)) return { path, reason: 'refers back to what holds it' };
  if (ancestors.size >= DEEPEST)
    return { path: '$', reason: `is nested more than ${DEEPEST} deep` };
  ancestors.add(value);
  for (const name of Object.keys(value)) {
    const at = path + (Array.isArray(value) ? `[${name}]` : member(name));
    let inner: unknown;
    try {
      inner = (value as Record<string, unknown>)[name];
    } catch {
      return { path: at, reason: 'has a getter that throws' };
    }
    const found = visit(inner, at, name, ancestors);
    if (found !== undefined) return found;
  }
  ancestors.delete(value);
  return undefined;
}

function callToJson(value: unknown, key: string): unknown {
  if (value === null || (typeof value !== 'object' && typeof value !== 'bigint')) return value;
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === 'function' ? toJSON.call(value, key) : value;
}

function member(name: string): string {
  if (/^[A-Za-z_$][\w$]{0,63}$/.test(name)) return `.${name}`;
  return `[${JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}...` : name)}]`;
}
