/** A value of a body that nobody has checked. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value as an object; an empty one when it is none. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : {};
}

/** The value as a list; an empty one when it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value as text; `''` when it is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The text of a message's content: text, or a list of parts of which some have a `text`. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  return listOf(content)
    .map((part) => textOf(fieldsOf(part)['text']))
    .join('');
}

/** The text of the last message of a role. */
export function lastText(messages: unknown, role: string | undefined, field = 'content'): string {
  const message = listOf(messages)
    .map(fieldsOf)
    .findLast((candidate) => candidate['role'] === role);
  return contentText(message?.[field]);
}
