import type {
  ClientResponse,
  EventStream,
  EventStreamPromise,
  Result,
  TransportRequest,
} from '@linkspan/core';
import { type ChatCompletionChunk, openaiChat, type SseEvent } from '@linkspan/dialects';
import { createHttpClient, type HttpClientOptions, type HttpRequestInit } from '@linkspan/http';
import { PydanticAgentClient } from '@linkspan/http/pydantic';
import { describe, expectTypeOf, it } from 'vitest';

describe('HttpClient', () => {
  it('takes requests in the way of HTTP, and answers with responses', () => {
    const client = createHttpClient();
    expectTypeOf(client.request).parameter(0).toEqualTypeOf<HttpRequestInit | TransportRequest>();
    expectTypeOf(client.get('/')).resolves.toEqualTypeOf<ClientResponse>();
    expectTypeOf(client.safe.get('/')).resolves.toEqualTypeOf<Result<ClientResponse>>();
    // @ts-expect-error -- a typo in the name of a part
    void client.get('/', { param: {} });
    // @ts-expect-error -- seconds are no option
    void client.get('/', { timeoutSeconds: 5 });
    // @ts-expect-error -- values of a query are no objects
    void client.get('/', { params: { a: { b: 1 } } });
  });

  it('takes undefined for whatever may be left out', () => {
    const query = undefined as { readonly page: number } | undefined;
    const client = createHttpClient({ baseUrl: undefined, retry: undefined, auth: undefined });
    const answer = client.get('/', { params: query, signal: undefined, headers: undefined });
    expectTypeOf(answer).resolves.toEqualTypeOf<ClientResponse>();
    const init = { url: '/', method: undefined, json: undefined, body: undefined, path: undefined };
    expectTypeOf(init).toExtend<HttpRequestInit>();
  });

  it('gives the events of the dialect', () => {
    const client = createHttpClient();
    const chat = client.postStream('/', {}, { dialect: openaiChat });
    const raw = client.postStream('/', {});
    expectTypeOf(chat).toExtend<EventStreamPromise<ChatCompletionChunk, unknown>>();
    expectTypeOf(raw).toEqualTypeOf<EventStreamPromise<SseEvent>>();
    expectTypeOf(client.safe.postStream('/', {})).resolves.toEqualTypeOf<
      Result<EventStream<SseEvent>>
    >();
  });

  it('takes options whose names it knows', () => {
    createHttpClient({ baseUrl: 'http://h', connections: 1, totalMs: 1, auth: { bearer: 'x' } });
    expectTypeOf<{ totalMs: number }>().toExtend<HttpClientOptions>();
    // @ts-expect-error -- a typo
    createHttpClient({ conections: 1 });
    // @ts-expect-error -- no form of credentials
    createHttpClient({ auth: { token: 'x' } });
  });
});

describe('PydanticAgentClient', () => {
  it('streams text, or what the lines hold', () => {
    const text = new PydanticAgentClient();
    const lines = new PydanticAgentClient({ dialect: 'ndjson' });
    expectTypeOf(text.runStream('hi')).toExtend<AsyncIterable<string>>();
    expectTypeOf(lines.runStream('hi')).toExtend<AsyncIterable<unknown>>();
    expectTypeOf(text.run<{ a: 1 }>('hi'))
      .resolves.toHaveProperty('result')
      .toEqualTypeOf<{ a: 1 }>();
    // @ts-expect-error -- a dialect that there is not
    void new PydanticAgentClient({ dialect: 'grpc' });
  });
});
