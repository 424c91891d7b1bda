const TRUE = new Set(['true', '1', 'yes', 'on']);
const FALSE = new Set(['false', '0', 'no', 'off']);
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i;

/** Reads `true 1 yes on` and `false 0 no off`, in any case; what is neither is given back as it is. */
export function parseBoolean(text: string): boolean | string {
  const word = text.trim().toLowerCase();
  if (TRUE.has(word)) return true;
  return FALSE.has(word) ? false : text;
}

/** Reads a decimal number or `Infinity`; what is neither is given back as it is. */
export function parseNumber(text: string): number | string {
  const word = text.trim();
  if (word.toLowerCase() === 'infinity') return Infinity;
  const value = word.length <= 40 && DECIMAL.test(word) ? Number(word) : NaN;
  return Number.isFinite(value) ? value : text;
}

/**
 * Reads `name=value,other=value`, the form of `OTEL_RESOURCE_ATTRIBUTES`; values may be
 * percent-encoded (`%2C` is a comma). What is not of this form is given back as it is.
 */
export function parseDictionary(text: string): Readonly<Record<string, string>> | string {
  const entries: [string, string][] = [];
  for (const part of text.split(',')) {
    if (part.trim() === '') continue;
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(0, equals)).trim();
    if (name === '') return text;
    try {
      entries.push([name, decodeURIComponent(part.slice(equals + 1).trim())]);
    } catch {
      return text; // a percent sign that encodes nothing
    }
  }
  return Object.fromEntries(entries);
}
