import { inspect } from 'node:util';
import { AuthenticationError } from '@linkspan/core';
import { createHttpClient } from '@linkspan/http';
import { describe, expect, it } from 'vitest';
import { type AuthOptions, type Credentials, readAuth } from '@linkspan/core/wire';
import { sendJson, startServer } from '../loopback-server.ts';

function credentialsOf(options: AuthOptions): Credentials {
  const credentials = readAuth(options, (message, at) => {
    throw new Error(`${at}: ${message}`);
  });
  if (credentials === undefined) throw new Error('no credentials');
  return credentials;
}

describe('readAuth()', () => {
  it.each<[unknown, string[]]>([
    [{ bearer: '' }, ['.bearer']],
    [{ bearer: 5 }, ['.bearer']],
    [{ header: 'a b', value: '' }, ['.header', '.value']],
    [{ basic: { username: 'a:b', password: 5 } }, ['.basic.password', '.basic.username']],
    [{ bearer: 'a', refesh: () => 'b' }, ['.refesh']],
    [{ bearer: 'a', refresh: 'b' }, ['.refresh']],
    [{ headers: {} }, ['.headers']],
    [{ bearer: 'canary', basic: { username: 'u', password: 'canary' } }, ['']],
  ])('reports every problem of %j', (value, places) => {
    const found: string[] = [];
    const messages: string[] = [];
    readAuth(value, (message, at = '') => {
      found.push(at);
      messages.push(message);
    });

    expect(found.toSorted()).toEqual(places);
    expect(messages.join()).not.toContain('canary');
  });

  it.each([undefined, null, 'key', 5, {}, { token: 'x' }])('gives nothing for %j', (value) => {
    expect(readAuth(value, () => undefined)).toBeUndefined();
  });

  it('R25 never prints a secret', () => {
    const credentials = credentialsOf({ basic: { username: 'u', password: 'canary' } });

    const printed = inspect(credentials, { depth: Infinity, showHidden: true });

    expect(printed + JSON.stringify(credentials)).not.toContain('canary');
  });
});

describe('auth of an http client', () => {
  it('N12 refreshes credentials once for all calls that were refused', async () => {
    const server = await startServer((request, response) => {
      const isNew = request.headers.authorization === 'Bearer new';
      sendJson(response, {}, isNew ? 200 : 401);
    });
    let refreshes = 0;
    await using client = createHttpClient({
      baseUrl: server.url,
      auth: {
        bearer: 'old',
        refresh: async () => {
          refreshes += 1;
          return 'new';
        },
      },
    });

    const answers = await Promise.all(
      Array.from({ length: 10 }, () => client.post('/', { any: 'body' })),
    );

    expect(answers.every((answer) => answer.status === 200)).toBe(true);
    expect(refreshes).toBe(1);
  });

  it('R17 throws an AuthenticationError when the credentials are refused', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}, 401));
    await using client = createHttpClient({ baseUrl: server.url, auth: { bearer: 'x' } });

    await expect(client.get('/')).rejects.toBeInstanceOf(AuthenticationError);
  });

  it('shows credentials to no hook and no middleware', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}));
    const shown: unknown[] = [];
    await using client = createHttpClient({
      baseUrl: server.url,
      auth: { bearer: 'canary' },
      onRequest: (request) => void shown.push(request),
      middleware: [
        (next) => (request, context) => {
          shown.push(request);
          return next(request, context);
        },
      ],
    });

    await (await client.get('/')).cancel();

    expect(server.seen[0]?.headers.authorization).toBe('Bearer canary');
    expect(shown).toHaveLength(2);
    expect(JSON.stringify(shown)).not.toContain('canary');
  });

  it.each<[string, AuthOptions]>([
    ['a bearer', { bearer: 'canary' }],
    ['a header of its own', { header: 'x-mine', value: 'canary' }],
    ['a function', () => ({ 'x-sig': 'canary' })],
    ['basic', { basic: { username: 'canary', password: 'canary' } }],
  ])('N18 takes %s to no other origin that a redirect leads to', async (_name, auth) => {
    const other = await startServer((_request, response) => sendJson(response, {}));
    const server = await startServer((request, response) =>
      response.writeHead(302, { location: `${other.url}${request.url}` }).end(),
    );
    await using client = createHttpClient({
      baseUrl: server.url,
      auth,
      headers: { 'x-vault-token': 'canary', 'x-tenant': 'canary' },
    });

    await (await client.get('/a')).cancel();

    expect(JSON.stringify(server.seen[0]?.headers)).toMatch(/canary|Basic/);
    expect(other.seen).toHaveLength(1);
    expect(JSON.stringify(other.seen[0]?.headers)).not.toMatch(/canary|Basic/);
  });

  it.each<[string, AuthOptions]>([
    ['a bearer', { bearer: 'canary-value' }],
    ['a header of its own', { header: 'x-mine', value: 'canary-value' }],
    ['a function', () => ({ 'x-sig': 'canary-value' })],
    ['basic', { basic: { username: 'canary', password: 'value' } }],
  ])('R25 shows %s in no error, though the peer repeats it', async (_name, auth) => {
    const server = await startServer((request, response) => {
      const said = JSON.stringify(request.headers);
      sendJson(response, { error: { message: `Incorrect key provided: ${said} ü` } }, 401);
    });
    await using client = createHttpClient({ baseUrl: server.url, auth });

    const failure = await client.get('/').catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(AuthenticationError);
    expect(failure).toHaveProperty('body', expect.stringContaining('[redacted]'));
    expect(failure).toHaveProperty('body', expect.stringContaining('ü'));
    const printed = inspect(failure, { depth: Infinity, showHidden: true });
    const basic = Buffer.from('canary:value').toString('base64');
    for (const secretText of ['canary-value', basic]) {
      expect(printed + JSON.stringify(failure) + String(failure)).not.toContain(secretText);
    }
  });
});
