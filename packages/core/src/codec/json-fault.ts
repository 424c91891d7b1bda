import { redactText } from '../secrets/redact-text.ts';

/** Where JSON text stops being JSON. */
export interface JsonFault {
  /** The index of the first character that does not fit; the length of the text at its end. */
  readonly at: number;
  readonly expected: string;
}

/**
 * Says in a sentence why text is not JSON: what was expected, at which line and column, and a few
 * characters around it without what looks like a credential.
 */
export function describeJsonFault(text: string): string {
  if (text.trim() === '') return 'expected a value, found nothing';
  const { at, expected } = findJsonFault(text) ?? { at: 0, expected: 'JSON' };
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const column = at - before.lastIndexOf('\n');
  const found = at >= text.length ? 'the end' : JSON.stringify(text.charAt(at));
  const near = snippet(text, at);
  return `expected ${expected} at line ${line}, column ${column}, found ${found}${near === '' ? '' : `, near ${near}`}`;
}

const WINDOW = 1000;
const SHOWN_BEFORE = 60;
const SHOWN_AFTER = 40;
/** Marks the fault while the text around it is redacted; no text holds it, as it is no character. */
const MARK = '\uFFFF';

/** Redacted before it is cut, so that no half of a credential is left at an end. */
function snippet(text: string, at: number): string {
  const window = `${text.slice(Math.max(0, at - WINDOW), at)}${MARK}${text.slice(at, at + WINDOW)}`;
  const [before, after] = redactText(window).split(MARK);
  // The fault was within a credential.
  if (before === undefined || after === undefined) return '';
  return JSON.stringify(before.slice(-SHOWN_BEFORE) + after.slice(0, SHOWN_AFTER));
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Control characters are of the category Cc, which also holds U+007F to U+009F: those are allowed. */
const PLAIN = /(?:[^"\\\p{Cc}]|[\u007f-\u009f])*/uy;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const SPACE = /[ \t\n\r]*/y;
const WORDS = ['true', 'false', 'null'];

/**
 * The first fault of a text by RFC 8259, `undefined` when it has none. It is asked after
 * `JSON.parse` has failed, because engines tell the place in different words, or not at all.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  const open: ('[' | '{')[] = [];
  let at = skip(SPACE, text, 0);
  let expects: 'value' | 'value or ]' | 'name' | 'name or }' | 'comma' = 'value';
  for (;;) {
    const char = text[at];
    if (expects === 'comma') {
      if (open.length === 0) return char === undefined ? undefined : { at, expected: 'the end' };
      const closer = open.at(-1) === '[' ? ']' : '}';
      if (char === ',') expects = closer === ']' ? 'value' : 'name';
      else if (char === closer) open.pop();
      else return { at, expected: `',' or '${closer}'` };
      at = skip(SPACE, text, at + 1);
      continue;
    }
    if (expects === 'name' || expects === 'name or }') {
      if (char === '}' && expects === 'name or }') {
        open.pop();
        expects = 'comma';
        at = skip(SPACE, text, at + 1);
        continue;
      }
      if (char !== '"') return { at, expected: expects === 'name' ? 'a name' : "a name or '}'" };
      const end = endOfString(text, at);
      if (typeof end === 'object') return end;
      at = skip(SPACE, text, end);
      if (text[at] !== ':') return { at, expected: "':'" };
      at = skip(SPACE, text, at + 1);
      expects = 'value';
      continue;
    }
    if (char === '[' || char === '{') {
      open.push(char);
      expects = char === '[' ? 'value or ]' : 'name or }';
      at = skip(SPACE, text, at + 1);
      continue;
    }
    if (char === ']' && expects === 'value or ]') {
      open.pop();
      at++;
    } else {
      const end = endOfScalar(text, at);
      if (typeof end === 'object') return end;
      at = end;
    }
    at = skip(SPACE, text, at);
    expects = 'comma';
  }
}

function endOfScalar(text: string, at: number): number | JsonFault {
  if (text[at] === '"') return endOfString(text, at);
  const word = WORDS.find((each) => text.startsWith(each, at));
  if (word !== undefined) return at + word.length;
  const end = skip(NUMBER, text, at);
  return end === at ? { at, expected: 'a value' } : end;
}

function endOfString(text: string, start: number): number | JsonFault {
  let at = start + 1;
  for (;;) {
    at = skip(PLAIN, text, at);
    if (text[at] === '"') return at + 1;
    if (text[at] !== '\\') return { at, expected: `'"'` };
    const end = skip(ESCAPE, text, at);
    if (end === at) return { at, expected: 'an escape' };
    at = end;
  }
}

/** The index behind what a sticky pattern matches here; the same index when it does not match. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
