import { ConfigurationError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { createHttpClient } from '../../src/client/http-client.ts';
import type { HttpClientOptions } from '../../src/client/http-client-options.ts';
import { type Canaries, leaksIn, looks, makeCanaries, makeKey, marksOf } from './canaries.ts';
import { printsOfFailure } from './prints.ts';

type Keys = readonly [open: string, locked: string];

/** Options that are refused, with a secret in or beside what is wrong. */
const wrong: Readonly<Record<string, (canaries: Canaries, keys: Keys) => HttpClientOptions>> = {
  'a passphrase of another key': ({ key }, [, locked]) => ({
    tls: { key: locked, passphrase: key },
  }),
  'a key that is cut': (_canaries, [open]) => ({ tls: { key: open.slice(0, -60) } }),
  'a key that is no PEM': ({ tlsKey }) => ({ tls: { key: tlsKey } }),
  'a key in an object': (_canaries, [open]) => ({ tls: { key: { pem: open } as never } }),
  'a passphrase in an object': ({ tlsKey }) => ({ tls: { passphrase: { tlsKey } as never } }),
  'a key as the name of an option': (_canaries, [open]) => ({ tls: { [open]: true } }),
  'a base URL with a user': ({ userinfo }) => ({
    baseUrl: `http://ada:${encodeURIComponent(userinfo)}@a.test`,
  }),
  'a base URL that is none': ({ userinfo }) => ({ baseUrl: `http//ada:${userinfo}@a.test` }),
  'a proxy of another kind': ({ proxy }) => ({
    proxy: `socks5://ada:${encodeURIComponent(proxy)}@a.test`,
  }),
  'a proxy that is none': ({ proxy }) => ({ proxy: `http://ada:${proxy}@a test` }),
  'a header with a line end': ({ header }) => ({ headers: { 'x-token': `${header}\n` } }),
  'a cookie in an object': ({ cookie }) => ({ headers: { cookie: { cookie } as never } }),
  'a key in a list': ({ key }) => ({ auth: { header: 'x-api-key', value: [key] as never } }),
  'a bearer beside a header': ({ bearer, key }) => ({
    auth: { bearer, header: 'x-api-key', value: key } as never,
  }),
  'a user with a colon': ({ basic }) => ({ auth: { basic: { username: 'a:b', password: basic } } }),
  'a query in a proxy': ({ query }) => ({ proxy: `ftp://a.test/?key=${query}` }),
};

describe('secrets of ten kinds', () => {
  it.each(Object.keys(wrong))('are in no print of an option that is refused: %s', (name) => {
    for (const look of looks) {
      const canaries = makeCanaries(look);
      const keys = [makeKey(), makeKey(canaries.tlsKey)] as const;
      let error: unknown;
      try {
        createHttpClient({ ...wrong[name]!(canaries, keys), env: {} });
      } catch (caught) {
        error = caught;
      }

      expect(error).toBeInstanceOf(ConfigurationError);
      expect(leaksIn(printsOfFailure('error', error), marksOf(canaries, keys))).toEqual([]);
    }
  });
});
