import { ConnectionError, createClient, memoryTransport, secret } from '@linkspan/core';
import { recordingTransport } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { contextOf, rejection, textOf } from '../transport-call.ts';

/** Ten kinds of secrets, each where such a thing is found. */
const canaries = {
  bearer: 'canary-bearer-8f3a1c',
  apiKey: 'canary-api-key-77ab12',
  cookie: 'canary-cookie-55d0e1',
  userinfo: 'canary-userinfo-31c9',
  queryKey: 'canary-query-key-9921',
  querySignature: 'canary-signature-1f2e',
  jsonMember: 'canary-password-4c5d6e',
  serviceKey: 'sk-proj-canaryABCDEF123456',
  token: 'eyJjYW5hcnkiOiJ0b2tlbiJ9.canaryPayload.canarySignature',
  setCookie: 'canary-set-cookie-0a9b',
  transportSecret: 'canary-of-the-transport',
  ownSecret: 'canary known to nobody else',
} as const;

const request = {
  operation: 'POST',
  target: `https://ada:${canaries.userinfo}@api.test/v1/chat?key=${canaries.queryKey}&page=2&X-Amz-Signature=${canaries.querySignature}#${canaries.queryKey}`,
  headers: {
    authorization: `Bearer ${canaries.bearer}`,
    'x-api-key': canaries.apiKey,
    cookie: `sid=${canaries.cookie}`,
    'content-type': 'application/json',
  },
  payload: {
    kind: 'value',
    value: { password: canaries.jsonMember, note: `my key is ${canaries.serviceKey}` },
  },
} as const;

/** What a careless peer sends back: everything that it was told, and secrets of its own. */
async function* echoes(): AsyncGenerator<string> {
  yield `data: {"you":"Bearer ${canaries.bearer}","ke`;
  // Across chunks: neither half looks like a secret.
  yield `y":"${canaries.apiKey.slice(0, 9)}`;
  yield `${canaries.apiKey.slice(9)}","mine":"${canaries.serviceKey.slice(0, 7)}`;
  yield `${canaries.serviceKey.slice(7)}"}\n\n`;
  yield 'data: {"text":"nothing to hide"}\n\n';
  yield `data: {"jwt":"${canaries.token}","sig":"${canaries.querySignature}"}\n\n`;
  yield `data: ${canaries.transportSecret} ${canaries.ownSecret}\n\n`;
}

function listen(handler: Parameters<typeof memoryTransport>[0]) {
  const inner = memoryTransport(handler);
  return recordingTransport(
    {
      ...inner,
      name: inner.name,
      capabilities: inner.capabilities,
      connect: () => inner.connect(),
      close: () => inner.close(),
      [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
      send: async (asked, context) => ({
        ...(await inner.send(asked, context)),
        secrets: [canaries.transportSecret],
      }),
    },
    { redact: (text) => text.replaceAll(canaries.ownSecret, '[ours]') },
  );
}

function canariesIn(cassette: object): readonly string[] {
  const json = JSON.stringify(cassette);
  const decoded = json.replaceAll(/"base64":"([^"]*)"/g, (_all, text: string) =>
    Buffer.from(text, 'base64').toString('latin1'),
  );
  return Object.values(canaries).filter((value) => json.includes(value) || decoded.includes(value));
}

describe('a cassette', () => {
  it('holds none of twelve kinds of secrets, wherever they were', async () => {
    const setCookie = [`sid=${canaries.setCookie}`, 'theme=dark'];
    const transport = listen(() => ({ headers: { 'set-cookie': setCookie }, body: echoes() }));
    const heard = await textOf(await transport.send(request, contextOf()));
    const cassette = transport.cassette();

    expect(heard).toContain(canaries.apiKey);
    expect(canariesIn(cassette)).toEqual([]);
    expect(cassette.exchanges[0]?.request).toEqual({
      operation: 'POST',
      target: 'https://api.test/v1/chat?key=[redacted]&page=2&X-Amz-Signature=[redacted]',
      headers: {
        authorization: '[redacted]',
        'x-api-key': '[redacted]',
        cookie: '[redacted]',
        'content-type': 'application/json',
      },
      payload: { json: { password: '[redacted]', note: 'my key is [redacted]' } },
    });
  });

  it('keeps the chunks that hold no part of a secret as they came', async () => {
    const transport = listen(() => ({ body: echoes() }));
    await textOf(await transport.send(request, contextOf()));
    const { result } = transport.cassette().exchanges[0]!;
    const chunks = result.kind === 'answer' ? result.chunks : [];

    expect(chunks).toHaveLength(4);
    expect(chunks[1]).toEqual({ text: 'data: {"text":"nothing to hide"}\n\n' });
    expect(chunks[3]).toEqual({ text: 'data: [redacted] [ours]\n\n' });
  });

  it.each([
    ['//ada:canary-1@api.test/a', '//api.test/a'],
    ['/a#canary-1', '/a'],
    ['/a?b=c#canary-1', '/a?b=c'],
    ['/a?sk-canary-12345678', '/a?[redacted]'],
    ['/a?q=Bearer%20canary-1234567890&b=c', '/a?q=[redacted]&b=c'],
    ['/a?accessToken=canary-1&sort=name', '/a?accessToken=[redacted]&sort=name'],
    ['/keys/sk-canary-12345678/a', '/keys/[redacted]/a'],
    [
      'https://api.test/sk-canary-12345678?sk-canary-12345678=1',
      'https://api.test/[redacted]?[redacted]=1',
    ],
    ['/a?next=%E0%A4%A', '/a?next=%E0%A4%A'],
  ])('keeps of the target %s nothing that looks secret', async (target, shown) => {
    const transport = recordingTransport(memoryTransport(() => ({})));
    await transport.send({ operation: 'GET', target }, contextOf());

    expect(transport.cassette().exchanges[0]?.request.target).toBe(shown);
  });

  it('keeps of the addresses in a body what is no secret, so that links can be followed', async () => {
    const body = {
      next: 'https://ada:canary-1@api.test/users?page=2&key=canary-2#canary-3',
      key: 'https://api.test/a',
      hook: 'https://api.test/sk-canary-12345678?x=1',
      note: 'see https://api.test/a?b=c\n\nand api_key=canary-4',
    };
    const transport = recordingTransport(memoryTransport(() => ({ body })));
    await textOf(await transport.send({ operation: 'GET', target: '/users' }, contextOf()));
    const { result } = transport.cassette().exchanges[0]!;
    const text = result.kind === 'answer' ? (result.chunks[0] as { text: string }).text : '';

    expect(JSON.parse(text)).toEqual({
      next: 'https://api.test/users?page=2&key=[redacted]',
      key: 'https://api.test/a',
      hook: 'https://api.test/[redacted]?x=1',
      note: 'see https://api.test/a?b=c\n\nand api_key=[redacted]',
    });
  });

  it('holds none in bytes that are no text', async () => {
    const body = Buffer.concat([Uint8Array.of(0xff), Buffer.from(canaries.serviceKey)]);
    const transport = listen(() => ({ body: new Uint8Array(body) }));
    await textOf(await transport.send(request, contextOf()));

    expect(transport.cassette().exchanges[0]?.result).toHaveProperty('chunks.0.base64');
    expect(canariesIn(transport.cassette())).toEqual([]);
  });

  it('holds none in the message of a failure', async () => {
    const transport = listen(() => {
      throw new ConnectionError(
        `Cannot connect to https://ada:${canaries.userinfo}@api.test with ${canaries.apiKey}`,
      );
    });
    await rejection(transport.send(request, contextOf()));

    expect(canariesIn(transport.cassette())).toEqual([]);
  });

  it('holds no secret of a client over it', async () => {
    const transport = listen(() => ({ status: 401, body: `not accepted: ${canaries.bearer}` }));
    const headers = { authorization: `Bearer ${secret(canaries.bearer).reveal()}` };
    await rejection(
      createClient({ transport }).request({ operation: 'GET', target: '/', headers }),
    );

    expect(canariesIn(transport.cassette())).toEqual([]);
    expect(JSON.stringify(transport.cassette())).toContain('not accepted: [redacted]');
  });

  it('keeps a header that it is told to keep', async () => {
    const inner = memoryTransport(() => ({ headers: { 'x-shard': '7', 'x-other': '8' } }));
    const transport = recordingTransport(inner, { keepHeaders: ['x-shard'] });
    await transport.send({ operation: 'GET', target: '/' }, contextOf());

    expect(transport.cassette().exchanges[0]?.result).toMatchObject({
      headers: { 'x-shard': '7', 'x-other': '[redacted]' },
    });
  });
});
