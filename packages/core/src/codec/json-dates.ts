import { objectsIn } from './json-guard.ts';

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** A `Date` in place of each string that is a whole ISO 8601 moment with its zone (RFC 3339). */
export function readDates(value: unknown): unknown {
  const root = { value };
  for (const object of objectsIn(root)) {
    for (const [name, inner] of Object.entries(object)) {
      if (typeof inner !== 'string' || !MOMENT.test(inner)) continue;
      const date = new Date(inner);
      // What looks like a moment and is none (month 13, 30 February) stays text.
      if (!Number.isNaN(date.getTime()) && isDayOfMonth(inner)) object[name] = date;
    }
  }
  return root.value;
}

/** `Date` takes 30 February for 2 March. */
function isDayOfMonth(moment: string): boolean {
  const [year, month, day] = [moment.slice(0, 4), moment.slice(5, 7), moment.slice(8, 10)].map(
    Number,
  );
  return day! <= new Date(Date.UTC(year!, month, 0)).getUTCDate();
}
