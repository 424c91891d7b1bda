/** The text of the parts of a message or an artifact, which may have come in pieces. */
export function textOfParts(parts: unknown): string {
  if (!Array.isArray(parts)) return '';
  return parts.map((part: unknown) => textOfPart(part)).join('');
}

function textOfPart(part: unknown): string {
  const text = (part as { readonly text?: unknown } | null)?.text;
  return typeof text === 'string' ? text : '';
}
