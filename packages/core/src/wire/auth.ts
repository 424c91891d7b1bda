import { toBase64 } from '../messages/base64.ts';
import { Secret, secret } from '../secrets/secret.ts';
import type { TransportRequest } from '../transport.ts';
import { type AuthScheme, Credentials } from './credentials.ts';
import { checkHeaderName, type HeadersInit } from './request-headers.ts';

/** A key, token or password, or a function that gives the one of the moment. */
export type SecretSource = string | Secret | (() => string | Secret | Promise<string | Secret>);

/** Gives the headers that authenticate one request; called for every attempt. */
export type AuthHeaders = (request: TransportRequest) => HeadersInit | Promise<HeadersInit>;

/** What to do when the credentials are refused. */
export interface AuthRefresh {
  /**
   * Called when an answer is a 401, once for all the calls that run at that time; each of them is
   * then sent once more. What it returns replaces the token, value or password; when it returns
   * nothing, the function that gave the credentials is asked again.
   */
  readonly refresh?: (() => string | Secret | void | Promise<string | Secret | void>) | undefined;
}

/** How requests are authenticated. A header that a request sets itself is left as it is. */
export type AuthOptions =
  | AuthHeaders
  | ({ readonly headers: AuthHeaders } & AuthRefresh)
  | ({ readonly bearer: SecretSource } & AuthRefresh)
  | ({ readonly header: string; readonly value: SecretSource } & AuthRefresh)
  | ({
      readonly basic: { readonly username: string; readonly password: SecretSource };
    } & AuthRefresh);

/** Stands after "expected" where the option is none of these. */
export const expectedAuth = '{ bearer }, { header, value }, { basic }, { headers } or a function';

const encoder = new TextEncoder();

type Report = (message: string, at?: string) => void;
type Fields = Readonly<Record<string, unknown>>;

/** What belongs to each form, beside `refresh`. */
const forms: Readonly<Record<string, readonly string[]>> = {
  bearer: ['bearer'],
  header: ['header', 'value'],
  basic: ['basic'],
  headers: ['headers'],
};

/** Reads the option `auth`, and reports what is wrong with it. No part of a secret is told. */
export function readAuth(value: unknown, report: Report): Credentials | undefined {
  if (typeof value === 'function') {
    return new Credentials({ headers: value as AuthHeaders }, undefined);
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Fields;
  const found = Object.keys(forms).filter((name) => Object.hasOwn(fields, name));
  const form = found[0];
  if (form === undefined) return undefined;
  if (found.length > 1) report(`expected one of ${expectedAuth}, found ${found.join(' and ')}`);
  for (const name of Object.keys(fields)) {
    if (name === 'refresh' || found.some((key) => forms[key]?.includes(name))) continue;
    report(`is not an option beside '${form}'`, `.${name}`);
  }
  const { refresh } = fields as AuthRefresh;
  if (refresh !== undefined && typeof refresh !== 'function') {
    report('expected a function', '.refresh');
  }
  const scheme = readScheme(form, fields, report);
  return scheme && new Credentials(scheme, refresh);
}

function readScheme(form: string, fields: Fields, report: Report): AuthScheme | undefined {
  if (form === 'headers') {
    if (typeof fields[form] === 'function') return { headers: fields[form] as AuthHeaders };
    report('expected a function that gives headers', '.headers');
    return undefined;
  }
  if (form === 'basic') return readBasic(fields[form], report);
  if (form === 'bearer') {
    const source = readSource(fields[form], '.bearer', report);
    if (source === undefined) return undefined;
    return { header: 'authorization', source, write: (token) => `Bearer ${token}` };
  }
  const source = readSource(fields['value'], '.value', report);
  const header = readHeaderName(fields[form], report);
  if (source === undefined || header === undefined) return undefined;
  return { header, source, write: (text) => text };
}

function readHeaderName(name: unknown, report: Report): string | undefined {
  try {
    return checkHeaderName(String(name));
  } catch {
    report('expected the name of a header', '.header');
    return undefined;
  }
}

function readBasic(basic: unknown, report: Report): AuthScheme | undefined {
  const { username, password } = (basic ?? {}) as Fields;
  const source =
    password === '' ? secret(password) : readSource(password, '.basic.password', report);
  // RFC 7617, section 2: the first colon ends the user name.
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  if (typeof username !== 'string' || /[:\u0000-\u001f\u007f]/.test(username)) {
    report('expected a string without a colon', '.basic.username');
    return undefined;
  }
  const write = (text: string): string =>
    `Basic ${toBase64(encoder.encode(`${username}:${text}`))}`;
  return source === undefined ? undefined : { header: 'authorization', source, write };
}

function readSource(value: unknown, at: string, report: Report): SecretSource | undefined {
  if (typeof value === 'string' && value !== '') return secret(value);
  if (typeof value === 'function' || value instanceof Secret) return value as SecretSource;
  report('expected a string that is not empty, a Secret or a function', at);
  return undefined;
}
