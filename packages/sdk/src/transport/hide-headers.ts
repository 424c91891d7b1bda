import { inspect, type InspectOptions } from 'node:util';
import { redactHeaders } from '@linkspan/core';

/** Headers for an SDK's client, which keeps what it is given: what prints the client shows no secret of them. */
export function hideHeaders(given: Readonly<Record<string, string>>): Headers {
  return Object.defineProperty(new Headers(given), inspect.custom, {
    value(this: Headers, _depth: number, options: InspectOptions): string {
      return `Headers ${inspect(redactHeaders(Object.fromEntries(this)), options)}`;
    },
  });
}
