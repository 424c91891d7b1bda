import { requestSecrets, type Payload } from '@linkspan/core';
import { describe, expect, it } from 'vitest';

const encoder = new TextEncoder();
const bytes = (text: string): Payload => ({ kind: 'bytes', bytes: encoder.encode(text) });

function secretsOf(payload: Payload, contentType?: string): readonly string[] {
  const headers = contentType === undefined ? {} : { 'content-type': contentType };
  return requestSecrets({ operation: 'POST', target: '/', headers, payload });
}

describe('requestSecrets()', () => {
  it('gives what secret headers hold', () => {
    const headers = { authorization: 'Bearer abc', accept: 'text/plain' };

    expect(requestSecrets({ operation: 'GET', target: '/', headers })).toEqual([
      'Bearer abc',
      'abc',
    ]);
  });

  it('gives the values of a query that are secret by name, as written and as meant', () => {
    const target = 'https://a.test/b?page=2&accessToken=c%2Fd&sig=e&max_tokens=9&flag#token=f';

    expect(requestSecrets({ operation: 'GET', target })).toEqual(['c%2Fd', 'c/d', 'e', 'e']);
  });

  it('gives the members of a JSON body that are secret by name', () => {
    const value = { user: { name: 'ada', password: 'a' }, keys: [{ apiKey: 'b' }], key: 'no' };

    expect([...secretsOf({ kind: 'value', value })].toSorted()).toEqual(['a', 'b']);
    expect(
      [...secretsOf(bytes(JSON.stringify(value)), 'application/problem+json')].toSorted(),
    ).toEqual(['a', 'b']);
  });

  it('gives the fields of a form that are secret by name', () => {
    const form = 'grant_type=client_credentials&client_secret=a+b';

    expect(secretsOf(bytes(form), 'application/x-www-form-urlencoded')).toEqual(['a+b', 'a b']);
  });

  it('looks into nothing else', () => {
    const stream: Payload = { kind: 'stream', stream: (async function* () {})() };

    expect(secretsOf(stream)).toEqual([]);
    expect(secretsOf(bytes('{"password":"a"'), 'application/json')).toEqual([]);
    expect(secretsOf(bytes('{"password":"a"}'), 'text/plain')).toEqual([]);
    expect(secretsOf({ kind: 'value', value: 'password' })).toEqual([]);
  });

  it('ends for a value that holds itself', () => {
    const value: Record<string, unknown> = { token: 'a' };
    value['self'] = value;

    expect(secretsOf({ kind: 'value', value })).toEqual(['a']);
  });
});
