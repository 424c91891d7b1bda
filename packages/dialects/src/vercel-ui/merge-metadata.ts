import { isObject } from '../model/typed-event.ts';

/** What a server says about a message: whatever it likes. */
export type VercelUiMetadata = Readonly<Record<string, unknown>>;

/** The metadata with what a later part says: objects are merged, as the AI SDK does, the rest replaced. */
export function mergeMetadata(
  metadata: VercelUiMetadata,
  later: VercelUiMetadata,
): VercelUiMetadata {
  const merged = { ...metadata };
  for (const [name, value] of Object.entries(later)) {
    if (name === '__proto__') continue;
    const before = Object.hasOwn(merged, name) ? merged[name] : undefined;
    merged[name] = isObject(before) && isObject(value) ? mergeMetadata(before, value) : value;
  }
  return merged;
}
