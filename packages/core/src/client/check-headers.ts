import { describeValue } from '../settings/describe-value.ts';
import type { ReportProblem } from '../settings/setting.ts';

/** What is expected of headers in options. */
export const HEADERS_EXPECTED = 'an object of header names and strings';

/** Checks headers given in any case of their names, and gives them in lower case. */
export function checkHeaders(
  value: unknown,
  report: ReportProblem,
): Readonly<Record<string, string>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const headers: Record<string, string> = {};
  for (const [name, text] of Object.entries(value)) {
    if (name === '__proto__') report('is not allowed as a name', '.__proto__');
    else if (typeof text === 'string') headers[name.toLowerCase()] = text;
    else report(`expected a string, found ${describeValue(text)}`, `.${name}`);
  }
  return Object.freeze(headers);
}
