import { REDACTED } from './secret.ts';

/**
 * A URL, or a path, that can be shown: without userinfo, without the values of its query, without
 * fragment. The names of the query stay, so that one sees what was asked.
 *
 * `https://user:pw@host/path?key=abc#x` becomes `https://host/path?key=[redacted]`.
 */
export function redactUrl(url: string | URL): string {
  // The URL parser drops tabs and line ends wherever they are.
  const text = String(url).replace(/[\t\n\r]/g, '');
  const withoutUserinfo = dropUserinfo(text);
  const withoutFragment = withoutUserinfo.split('#', 1)[0]!;
  const query = withoutFragment.indexOf('?');
  if (query === -1) return withoutFragment;
  const values = withoutFragment
    .slice(query + 1)
    .split('&')
    .map(redactValue);
  return `${withoutFragment.slice(0, query)}?${values.join('&')}`;
}

/** What stands before the authority. The URL parser needs no slashes after the schemes of the web. */
const BEFORE_AUTHORITY =
  /^[\0-\x20]*(?:(?:https?|wss?|ftp):[\\/]*|(?:[a-z][a-z\d+.-]*:)?[\\/]{2,})/i;

function dropUserinfo(text: string): string {
  if (!text.includes('@')) return text;
  const start = BEFORE_AUTHORITY.exec(text)?.[0].length;
  if (start === undefined) return dropUserinfoOfPath(text);
  // What does not parse may hold a password with `/`, `?` or `#` in it: up to the last `@`.
  const end = URL.canParse(text, 'https://base') ? endOfAuthority(text, start) : text.length;
  const at = text.lastIndexOf('@', end - 1);
  return at < start ? text : text.slice(0, start) + text.slice(at + 1);
}

/** `user:pw@proxy:8080` has no scheme; in `/@scope/name` the `@` is part of the path. */
function dropUserinfoOfPath(text: string): string {
  if (/^[\\/?#]/.test(text)) return text;
  const at = text.lastIndexOf('@', endOfAuthority(text, 0) - 1);
  return at === -1 ? text : text.slice(at + 1);
}

function endOfAuthority(text: string, start: number): number {
  const length = text.slice(start).search(/[/\\?#]/);
  return length === -1 ? text.length : start + length;
}

function redactValue(pair: string): string {
  const equals = pair.indexOf('=');
  if (equals === -1) return pair === '' ? '' : REDACTED;
  return `${pair.slice(0, equals)}=${REDACTED}`;
}
