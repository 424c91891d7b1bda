import { inspect } from 'node:util';
import { createClient, StreamGapError, TransportRegistry } from '@linkspan/core';
import {
  type NatsOptions,
  type NatsRequest,
  natsTransport,
  natsTransportFactory,
} from '@linkspan/example-transport-nats';
import { connect, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { HOW_TO_GET_IT, NatsServer, natsServerPath } from './nats-server.ts';
import { NatsWire } from './nats-wire.ts';

async function startServer(...lines: readonly string[]): Promise<NatsServer> {
  const server = await NatsServer.start(...lines);
  onTestFinished(() => server.close());
  return server;
}

/** A client of NATS as anybody has it. */
async function neighbour(server: NatsServer, options: object = {}): Promise<NatsConnection> {
  const connection = await connect({ servers: server.address, reconnect: false, ...options });
  onTestFinished(() => connection.close());
  return connection;
}

/** A service behind a subject. */
async function serve(
  connection: NatsConnection,
  subject: string,
  answer: (message: Msg) => void,
): Promise<void> {
  connection.subscribe(subject, {
    callback: (error, message) => {
      if (error === null) answer(message);
    },
  });
  await connection.flush();
}

function clientOf(options: NatsOptions) {
  const client = createClient({
    transport: natsTransport(options),
    ownTransport: true,
    retry: { maxRetries: 0 },
  });
  onTestFinished(() => client.close());
  return client;
}

/** What comes of a body until its end, and its failure. */
async function readAll(
  body: AsyncIterable<Uint8Array>,
): Promise<{ readonly texts: string[]; readonly error: unknown }> {
  const texts: string[] = [];
  try {
    for await (const chunk of body) texts.push(new TextDecoder().decode(chunk));
    return { texts, error: undefined };
  } catch (error) {
    return { texts, error };
  }
}

describe.skipIf(natsServerPath === undefined)(`natsTransport() (${HOW_TO_GET_IT})`, () => {
  it('is answered by one message, with its headers', async () => {
    const server = await startServer();
    await serve(await neighbour(server), 'greet', (message) => {
      const fields = headers();
      fields.append('Greeted-By', 'a service');
      message.respond(`Hello, ${message.json<{ name: string }>().name}`, { headers: fields });
    });
    const client = clientOf({ servers: [server.address] });

    const response = await client.request({
      subject: 'greet',
      payload: { kind: 'value', value: { name: 'Ada' } },
    });

    expect(response.headers['greeted-by']).toBe('a service');
    expect(await response.text()).toBe('Hello, Ada');
  });

  it('is answered by many messages, until an empty one', async () => {
    const server = await startServer();
    await serve(await neighbour(server), 'count', (message) => {
      for (const part of ['one ', 'two ', 'three', '']) message.respond(part);
    });
    const client = clientOf({ servers: [server.address] });

    const response = await client.request({ subject: 'count', operation: 'request-many' });

    expect(await response.text()).toBe('one two three');
  });

  it('gives what is published from the head of a subscription on', async () => {
    const server = await startServer();
    const publisher = await neighbour(server);
    const client = clientOf({ servers: [server.address] });

    const { body } = await client.request({ subject: 'news.*', operation: 'subscribe' });
    publisher.publish('news.ports', 'The linkspan is down');
    const chunks = body[Symbol.asyncIterator]();
    const { value } = await chunks.next();
    await body.cancel();

    expect(Buffer.from(value as Uint8Array).toString()).toBe('The linkspan is down');
  });

  it('says at once, and truly, that nobody listens', async () => {
    const client = clientOf({ servers: [(await startServer()).address] });

    await expect(client.request({ subject: 'nobody' })).rejects.toMatchObject({
      name: 'ConnectionRefusedError',
      code: 'nats_no_responders',
      sent: 'no',
      retryable: 'yes',
    });
  });

  it('takes the error of a service for one', async () => {
    const server = await startServer();
    await serve(await neighbour(server), 'divide', (message) => {
      const fields = headers();
      fields.set('Nats-Service-Error', 'Cannot divide by 0');
      fields.set('Nats-Service-Error-Code', '400');
      message.respond('', { headers: fields });
    });
    const client = clientOf({ servers: [server.address] });

    await expect(client.request({ subject: 'divide' })).rejects.toMatchObject({
      code: 'nats_service_error',
      message: expect.stringMatching(/400: Cannot divide by 0/),
      sent: 'yes',
    });
  });

  it('sends nothing of a request that is larger than the server takes', async () => {
    const server = await startServer('max_payload: 1024');
    let requests = 0;
    await serve(await neighbour(server), 'store', (message) => {
      requests += 1;
      message.respond('stored');
    });
    const client = clientOf({ servers: [server.address] });
    const store = (length: number): NatsRequest => ({
      subject: 'store',
      payload: { kind: 'bytes', bytes: new Uint8Array(length) },
    });

    await expect(client.request(store(1025))).rejects.toMatchObject({
      name: 'MessageTooLargeError',
      sent: 'no',
    });
    expect(await (await client.request(store(1024))).text()).toBe('stored');
    expect(requests).toBe(1);
  });

  it('tells refused credentials, and does not print them', async () => {
    const server = await startServer('authorization { user: ada, password: right }');
    const client = clientOf({ servers: [server.address], user: 'ada', pass: 'not-the-password' });

    const error: unknown = await client.request({ subject: 'any' }).catch((reason) => reason);

    expect(error).toMatchObject({ code: 'nats_unauthorized', retryable: 'no', sent: 'no' });
    expect(inspect(error, { depth: 9 }) + JSON.stringify(error)).not.toContain('not-the-password');
    expect(inspect(client, { depth: 9, showHidden: true })).not.toContain('not-the-password');
  });

  it.each(['request', 'subscribe'] as const)(
    'fails a %s that is not permitted',
    async (operation) => {
      const server = await startServer(
        'authorization { users: [{ user: ada, password: right,',
        'permissions: { publish: { deny: "secret" }, subscribe: { deny: "secret" } } }] }',
      );
      const client = clientOf({ servers: [server.address], user: 'ada', pass: 'right' });

      // A subscription has its head when the server has answered what came before and after it.
      const call = client.request({ subject: 'secret', operation });
      await expect(call.then(({ body }) => body.collect())).rejects.toMatchObject({
        code: 'nats_forbidden',
        sent: 'no',
      });
    },
  );

  it.each([
    ['request-many', 'SIGKILL'],
    ['request-many', 'SIGTERM'],
    ['subscribe', 'SIGKILL'],
    ['subscribe', 'SIGTERM'],
  ] as const)('fails the body of a %s when the server gets a %s', async (operation, signal) => {
    const server = await startServer();
    const publisher = await neighbour(server);
    await serve(publisher, 'feed', (message) => message.respond('first'));
    const client = clientOf({ servers: [server.address] });

    const { body } = await client.request({ subject: 'feed', operation });
    if (operation === 'subscribe') publisher.publish('feed', 'first');
    const chunks = body[Symbol.asyncIterator]();
    await chunks.next();
    const rest = chunks.next();
    await Promise.all([
      server.signal(signal),
      expect(rest).rejects.toMatchObject({ name: 'ConnectionResetError', sent: 'yes' }),
    ]);
  });

  it('gives a reader who fell behind what came before the loss, then tells it', async () => {
    const server = await startServer();
    const publisher = await neighbour(server);
    await serve(publisher, 'hello', (message) => message.respond('hi'));
    const client = clientOf({ servers: [server.address], maxPendingBytes: 100_000 });
    const { body } = await client.request({ subject: 'ticks', operation: 'subscribe' });

    for (let tick = 0; tick < 2_000; tick++) publisher.publish('ticks', `${tick}`.padStart(100));
    await publisher.flush();
    // The answer comes behind the ticks: they have all arrived by then.
    expect(await (await client.request({ subject: 'hello' })).text()).toBe('hi');
    const { texts, error } = await readAll(body);

    expect(error).toBeInstanceOf(StreamGapError);
    expect(texts.length).toBeGreaterThan(100);
    expect(texts.map(Number)).toEqual(texts.map((_, index) => index));
    expect(texts.length).toBeLessThan(1_000);
  });

  it('fails a subscription that the server drops, since it is not read', async () => {
    const server = await startServer('max_pending: 65536', 'max_payload: 65536');
    const publisher = await neighbour(server);
    const wire = await NatsWire.open(server.port);
    onTestFinished(() => wire.close());
    const client = clientOf({ servers: [wire.address], maxPendingBytes: 1024 ** 3 });
    const { body } = await client.request({ subject: 'ticks', operation: 'subscribe' });
    wire.pause();
    while (!server.log.includes('Slow Consumer')) {
      publisher.publish('ticks', new Uint8Array(60_000));
      // oxlint-disable-next-line no-await-in-loop -- until the buffers of the system are full
      await publisher.flush();
    }
    wire.resume();
    const { texts, error } = await readAll(body);

    expect(texts.length).toBeGreaterThan(0);
    expect(error).toMatchObject({ name: 'ConnectionResetError' });
  });

  it.each(['silent', 'mad'] as const)(
    'finds a server that has gone %s by its pings',
    async (how) => {
      // nats.js prints what it cannot parse, reads nothing more, and tells nobody.
      vi.spyOn(console, 'log').mockImplementation(() => {});
      const server = await startServer();
      const wire = await NatsWire.open(server.port);
      onTestFinished(() => wire.close());
      const client = clientOf({ servers: [wire.address], pingMs: 20 });
      const { body } = await client.request({ subject: 'ticks', operation: 'subscribe' });
      if (how === 'silent') wire.pause();
      else wire.garble({ isLast: false });

      expect((await readAll(body)).error).toMatchObject({ name: 'ConnectionResetError' });
    },
  );

  it('refuses what cannot be a request of NATS, and sends nothing', async () => {
    const client = clientOf({ servers: [(await startServer()).address] });

    for (const target of ['', 'a b', 'a\r\nPUB b 0', 'a.*', '>']) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await expect(client.request({ operation: 'request', target })).rejects.toMatchObject({
        name: 'SerializationError',
        sent: 'no',
      });
    }
    await expect(client.request({ operation: 'publish', target: 'a' })).rejects.toThrow(
      /'publish'/,
    );
    await expect(
      client.request({ subject: 'a', headers: { 'bad name': 'x', 'x-line': 'a\r\nb' } }),
    ).rejects.toMatchObject({ name: 'SerializationError' });
  });

  it('is made by its name, from data', async () => {
    const server = await startServer();
    await serve(await neighbour(server), 'hello', (message) => message.respond('hi'));
    const registry = new TransportRegistry().register('nats', natsTransportFactory());
    const client = createClient({ registry, transport: 'nats', servers: [server.address] });
    onTestFinished(() => client.close());

    expect(await (await client.request({ subject: 'hello' })).text()).toBe('hi');
    expect(() => registry.create('nats', { servers: ['a:b@c'], pingMs: 0 })).toThrow(
      /servers.*\n.*pingMs/,
    );
  });
});
