import { REDACTED } from './secret.ts';

/** Shorter values are no secrets, and would blank out what is no echo. */
const SHORTEST_SECRET = 4;

/** A body of JSON, in a list of what was sent, in the message of an error. */
const DEEPEST_JSON = 3;

/**
 * A text without the values of these secrets: peers repeat the key that they do not accept. They are
 * found as they are, and as JSON, HTML and URLs write them.
 */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  if (secrets.length === 0) return text;
  const forms = new Set(
    secrets.filter((value) => value.length >= SHORTEST_SECRET).flatMap((value) => formsOf(value)),
  );
  // The longest first: of a secret within another, what is around it would stay.
  return [...forms]
    .toSorted((one, other) => other.length - one.length)
    .reduce((shown, form) => shown.replaceAll(form, REDACTED), text);
}

function formsOf(value: string): readonly string[] {
  // What these characters, and no others, are made of reads the same everywhere.
  if (/^[\w.~-]*$/.test(value)) return [value];
  const inUrl = encodeURIComponent(value.toWellFormed());
  return [
    value,
    ...inJson(value),
    ...[inHtml('&quot;', '&#39;'), inHtml('&#34;', '&#x27;')].map((write) => write(value)),
    inUrl,
    new URLSearchParams({ '': value }).toString().slice(1),
    encodeURI(value.toWellFormed()),
  ];
}

/** Also with the slashes that PHP escapes, and as texts of JSON within JSON. */
function inJson(value: string): readonly string[] {
  const forms: string[] = [];
  let plain = value;
  let slashes = value;
  for (let depth = 0; depth < DEEPEST_JSON; depth++) {
    plain = JSON.stringify(plain).slice(1, -1);
    slashes = JSON.stringify(slashes).slice(1, -1);
    if (depth === 0) slashes = slashes.replaceAll('/', '\\/');
    forms.push(plain, slashes);
  }
  return forms;
}

function inHtml(double: string, single: string): (value: string) => string {
  return (value) =>
    value
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', double)
      .replaceAll("'", single);
}
