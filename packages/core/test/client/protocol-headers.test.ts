import { describe, expect, it } from 'vitest';
import { type Dialect, type StreamHead, type TransportRequest } from '@linkspan/core';
import { words } from '../stream/word-dialect.ts';
import { scene } from './client-scene.ts';

const answer = { headers: { 'content-type': 'text/event-stream' }, body: 'one END' };
const versioned: Dialect<string, readonly string[], string> = {
  ...words,
  headers: ({ operation, payload }) => ({
    'x-version': '1.0',
    'x-operation': operation,
    'x-payload': payload?.kind ?? 'none',
  }),
};

describe('the headers of a dialect', () => {
  const post: TransportRequest = {
    operation: 'POST',
    target: '/',
    payload: { kind: 'value', value: { a: 1 } },
  };

  it('are sent with its accept, made of the request before its payload is encoded', async () => {
    const { client, sent } = scene(() => answer);

    await client.stream(post, { dialect: versioned }).result();

    expect(sent[0]?.request.headers).toMatchObject({
      accept: 'text/event-stream',
      'x-version': '1.0',
      'x-operation': 'POST',
      'x-payload': 'value',
    });
  });

  it('give way to those of the client, of the request and of the call', async () => {
    const { client, sent } = scene(() => answer, { headers: { 'x-version': 'client' } });
    const request = { ...post, headers: { 'x-operation': 'request' } };

    await client.stream(request, { dialect: versioned, headers: { 'x-payload': 'call' } }).result();

    expect(sent[0]?.request.headers).toMatchObject({
      'x-version': 'client',
      'x-operation': 'request',
      'x-payload': 'call',
    });
  });
});

describe('what a dialect is told of the answer', () => {
  it('is its head, with the request as it was sent, for the reader and for the decoder', async () => {
    const heads: (StreamHead | undefined)[] = [];
    const curious: Dialect<string, readonly string[], string> = {
      ...words,
      decode(limits, head) {
        heads.push(head);
        return words.decode(limits, head);
      },
      read(head) {
        heads.push(head);
        return words.read(head);
      },
    };
    const { client, sent } = scene(() => answer);

    await client.stream({ operation: 'GET', target: '/a' }, { dialect: curious }).result();

    expect(heads).toHaveLength(2);
    for (const head of heads) {
      expect(head).toMatchObject({ status: 200, contentType: 'text/event-stream' });
      expect(head?.request).toEqual(sent[0]?.request);
    }
  });
});
