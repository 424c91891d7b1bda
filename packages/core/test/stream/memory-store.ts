import type { Cursor, CursorStore } from '@linkspan/core';

/** A store that keeps what it is given, and what it was given over time. */
export function memoryStore(first?: Cursor): CursorStore & { readonly committed: string[] } {
  let kept = first;
  const committed: string[] = [];
  return {
    committed,
    load: () => kept,
    commit(cursor) {
      kept = JSON.parse(JSON.stringify(cursor)) as Cursor;
      committed.push(cursor.lastEventId);
    },
  };
}
