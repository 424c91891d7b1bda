import assert from 'node:assert/strict';

/** Fails, on one line, unless two values are the same. */
export function assertSame(found: unknown, expected: unknown, message: string): void {
  assert.ok(
    Object.is(found, expected),
    `${message}: expected ${String(expected)}, found ${String(found)}`,
  );
}
