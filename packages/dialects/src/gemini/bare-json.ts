import type { SseEvent } from '../framing/sse-decoder.ts';

/** An error of Google's has some hundred characters; with its details, some thousand. */
const MAX_CHARS = 64 * 1024;
/** How often text that may be whole is looked at. */
const MAX_LOOKS = 8;

/**
 * Reads JSON that stands between server-sent events, where no event should be: when a stream has
 * begun, Google's servers write the error that ends it just so, without `data:`, on one line or
 * printed over several. To a decoder of events these lines are nothing.
 */
export class BareJson {
  #lines: string[] = [];
  #chars = 0;
  #looks = 0;

  /** Takes a line. Gives the text as an event when it is whole, or when it cannot become so. */
  take(line: string): SseEvent | undefined {
    const isFirst = this.#lines.length === 0;
    if (isFirst && !/^[{[]/.test(line)) return undefined;
    this.#lines.push(line);
    this.#chars += line.length + 1;
    // Printed over several lines, only the last one closes at the margin.
    if (this.#chars <= MAX_CHARS && !(isFirst ? /[}\]]\s*$/ : /^[}\]]/).test(line))
      return undefined;
    this.#looks += 1;
    const data = this.#lines.join('\n');
    const isDone = isJson(data) || this.#chars > MAX_CHARS || this.#looks === MAX_LOOKS;
    if (!isDone) return undefined;
    this.#lines = [];
    this.#chars = 0;
    this.#looks = 0;
    return { type: 'message', data, id: '' };
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // The text goes on, or never was JSON.
  }
}
