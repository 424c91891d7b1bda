/**
 * A parsed value without the members that turn a careless copy into prototype pollution: `__proto__`,
 * and `constructor` where it holds a `prototype`. The text says quickly that there are none.
 */
export function withoutPollution(value: unknown, text: string): unknown {
  if (isSuspect(text)) {
    for (const object of objectsIn(value)) {
      if (Object.hasOwn(object, '__proto__')) Reflect.deleteProperty(object, '__proto__');
      if (Object.hasOwn(object, 'constructor') && holdsPrototype(object['constructor']))
        delete object['constructor'];
    }
  }
  return value;
}

/**
 * Whether one of the names may be there. Both hold `proto`, and the engine looks for five letters
 * much faster than for nine. An escape may hide a letter, so any escape of ASCII is suspect too.
 */
function isSuspect(text: string): boolean {
  return (
    (text.includes('proto') && (text.includes('__proto__') || text.includes('prototype"'))) ||
    (text.includes('\\u00') && /\\u00[2-7]/.test(text))
  );
}

function holdsPrototype(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
}

type JsonObject = Record<string, unknown>;

/** Every object and array of a value, without recursion: JSON may be nested as deep as it is long. */
export function* objectsIn(value: unknown): Generator<JsonObject> {
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== 'object' || next === null) continue;
    yield next as JsonObject;
    for (const inner of Object.values(next)) {
      if (typeof inner === 'object' && inner !== null) left.push(inner);
    }
  }
}

/** Whether arrays and objects are nested deeper than a limit. */
export function isTooDeep(value: unknown, maxDepth: number): boolean {
  let level = [value].filter(isContainer);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) return true;
    level = level.flatMap((container) => Object.values(container).filter(isContainer));
  }
  return false;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
