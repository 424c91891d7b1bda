import { describe, expectTypeOf, it } from 'vitest';
import {
  type BatchResult,
  type Client,
  type ClientBaseOptions,
  type ClientOptions,
  type ClientResponse,
  type ClientSettings,
  type clientSettings,
  createClient,
  type EventStream,
  type LinkspanError,
  type MemoryTransportOptions,
  memoryTransport,
  type OptionsOf,
  type RetryOptions,
  type RetrySettings,
  type retrySettings,
  type SettingsOf,
  type Transport,
  TransportRegistry,
  type TransportRequest,
} from '@linkspan/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { words } from '../stream/word-dialect.ts';

interface Init {
  readonly word: string;
}
declare const wordTransport: Transport<Uint8Array, Init>;
declare const messageTransport: Transport<{ readonly text: string }>;
declare const schema: StandardSchemaV1<unknown, { readonly id: number }>;

describe('the options of a client', () => {
  it('are those of the table', () => {
    expectTypeOf<ClientSettings>().toEqualTypeOf<SettingsOf<typeof clientSettings>>();
    expectTypeOf<keyof OptionsOf<typeof clientSettings>>().toEqualTypeOf<keyof ClientBaseOptions>();
    expectTypeOf<RetrySettings>().toEqualTypeOf<SettingsOf<typeof retrySettings>>();
    expectTypeOf<keyof OptionsOf<typeof retrySettings>>().toEqualTypeOf<keyof RetryOptions>();
  });

  it('R1 need a transport, and no more', () => {
    expectTypeOf<{ transport: Transport }>().toExtend<ClientOptions>();
    // @ts-expect-error -- the transport is missing
    createClient({});
    // @ts-expect-error -- there is no such option
    createClient({ transport: wordTransport, totlMs: 1 });
  });

  it('are those of the factory too, where the transport is named', () => {
    const registry = new TransportRegistry().register('words', {
      create: (_options: { readonly language: string }) => wordTransport,
    });
    const client = createClient({ transport: 'words', registry, language: 'en', totalMs: 5 });
    expectTypeOf(client).toEqualTypeOf<Client<Init>>();
    // @ts-expect-error -- the factory needs a language
    createClient({ transport: 'words', registry });
    // @ts-expect-error -- nobody registered that name
    createClient({ transport: 'word', registry, language: 'en' });
  });
});

describe('the requests of a client', () => {
  it('R1 are written in the way of its transport, or in the common one', () => {
    const client = createClient({ transport: wordTransport });
    expectTypeOf(client.request).parameter(0).toEqualTypeOf<Init | TransportRequest>();
    expectTypeOf(createClient({ transport: memoryTransport(() => ({})) })).toEqualTypeOf<Client>();
    expectTypeOf<MemoryTransportOptions>().toHaveProperty('name');
  });

  it('give answers whose values are typed by a schema, or by word', async () => {
    const response = {} as ClientResponse;
    expectTypeOf(await response.json(schema)).toEqualTypeOf<{ readonly id: number }>();
    expectTypeOf(await response.json()).toEqualTypeOf<unknown>();
    expectTypeOf(await response.json<string>()).toEqualTypeOf<string>();
  });

  it('give streams of the events of the dialect', async () => {
    const client = createClient({ transport: wordTransport });
    const stream = await client.stream({ word: 'x' }, { dialect: words });
    expectTypeOf(stream).toEqualTypeOf<EventStream<string, readonly string[]>>();
    for await (const event of client.stream({ word: 'x' }, { dialect: words })) {
      expectTypeOf(event).toEqualTypeOf<string>();
    }
    // @ts-expect-error -- a stream needs a dialect
    void client.stream({ word: 'x' }, {});
  });

  it('give channels of the messages of the transport', async () => {
    const channel = await createClient({ transport: messageTransport }).open({
      operation: 'SUBSCRIBE',
      target: 'feed',
    });
    for await (const message of channel) {
      expectTypeOf(message).toEqualTypeOf<{ readonly text: string }>();
    }
  });

  it('give results of a batch by what `read` makes of each answer', async () => {
    const client = createClient({ transport: wordTransport });
    expectTypeOf(await client.batch([{ word: 'x' }])).toEqualTypeOf<BatchResult[]>();
    expectTypeOf(
      await client.batch([[{ word: 'x' }, { totalMs: 1 }]], {
        read: (response) => response.text(),
      }),
    ).toEqualTypeOf<BatchResult<string>[]>();
  });

  it('give values or failures in their safe form', async () => {
    const result = await createClient({ transport: wordTransport }).safe.request({ word: 'x' });
    if (result.ok) expectTypeOf(result.value).toEqualTypeOf<ClientResponse>();
    else expectTypeOf(result.error).toEqualTypeOf<LinkspanError>();
  });
});
