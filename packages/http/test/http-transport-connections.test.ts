import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Deadline, ManualClock } from '@linkspan/concurrency';
import { ClosedError } from '@linkspan/core';
import { leakProbe } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { httpTransport } from '../src/http-transport.ts';
import { startServer } from './loopback-server.ts';
import { answer, startRawServer } from './raw-server.ts';
import { contextOf, get, rejection, startTransport, textOf } from './transport-call.ts';

const echo = () =>
  startServer(({ method, url, headers, body }, response) => {
    response.end(JSON.stringify({ method, url, headers, body: body.toString() }));
  });

describe('close()', () => {
  it('row 75 fails the calls in flight with ClosedError, and those to come', async () => {
    const server = await startRawServer(() => {});
    const transport = startTransport({ baseUrl: server.url, connections: 2 });
    const calls = Array.from({ length: 5 }, () => rejection(get(transport, '/')));
    await (await server.connection(0)).request();
    await (await server.connection(1)).request();
    await Promise.all([transport.close(), transport.close()]);

    const errors = await Promise.all(calls);
    for (const error of errors) expect(error).toBeInstanceOf(ClosedError);
    // Two had a connection and were sent; the others waited for one.
    expect(errors.map((error) => (error as ClosedError).sent)).toEqual([
      'maybe',
      'maybe',
      'no',
      'no',
      'no',
    ]);
    expect(await rejection(get(transport, '/'))).toBeInstanceOf(ClosedError);
    await Promise.all(server.connections.map(({ closed }) => closed));
  });

  it('row 75 lets calls finish until drainMs', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
    });
    const transport = startTransport({ baseUrl: server.url });
    const call = get(transport, '/');
    await (await server.connection(0)).request();
    const closing = transport.close({ drainMs: Infinity });
    const late = rejection(get(transport, '/'));
    server.connections[0]!.write(answer('finished'));

    expect(await textOf(call)).toBe('finished');
    expect(await late).toBeInstanceOf(ClosedError);
    await closing;
    await server.connections[0]!.closed;
  });

  it('row 75 ends what is left after drainMs', async () => {
    const clock = new ManualClock();
    const server = await startRawServer(() => {});
    const transport = startTransport({ baseUrl: server.url, clock, connectMs: Infinity });
    const call = rejection(get(transport, '/'));
    await (await server.connection(0)).request();
    const closing = transport.close({ drainMs: 1_000 });
    await clock.advance(1_000);
    await closing;

    expect(await call).toBeInstanceOf(ClosedError);
    expect(clock.pendingTimers).toBe(0);
  });

  it('E10 is what `await using` does', async () => {
    const server = await echo();
    const transport = httpTransport();
    await textOf(get(transport, server.url));
    await transport[Symbol.asyncDispose]();

    await expect.poll(() => server.connections()).toBe(0);
  });

  it('leaves no socket and no timer behind, whatever became of the calls', async () => {
    const clock = new ManualClock();
    const server = await startRawServer(async (connection) => {
      await connection.request();
      if (connection.index % 2 === 0) connection.write(answer('x'));
      else connection.reset();
    });
    const probe = leakProbe();
    const transport = startTransport({ baseUrl: server.url, clock });
    const facts = { deadline: Deadline.after(60_000, clock), attemptMs: 500, idleMs: 500 };
    await Promise.allSettled(
      Array.from({ length: 20 }, () => get(transport, '/', facts).then(textOf)),
    );
    await transport.close();

    expect(clock.pendingTimers).toBe(0);
    await probe.check();
  });
});

describe('connect()', () => {
  it('opens a connection that the first call uses', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write(answer('warm'));
    });
    const transport = startTransport({ baseUrl: server.url });
    await Promise.all([transport.connect(), transport.connect()]);
    await transport.connect();
    await server.connection(0);

    expect(transport.stats()[0]).toMatchObject({ connected: 1, free: 1 });
    expect(await textOf(get(transport, '/'))).toBe('warm');
    expect(server.connections).toHaveLength(1);
  });

  it('tells why there is no connection', async () => {
    const transport = startTransport({ baseUrl: 'http://127.0.0.1:1' });

    expect(await rejection(transport.connect())).toMatchObject({
      code: 'connection_refused',
      kind: 'network',
    });
  });

  it('opens another one when the peer has closed it before it was used', async () => {
    const server = await startRawServer(async (connection) => {
      if (connection.index === 0) {
        connection.end();
        return;
      }
      await connection.request();
      connection.write(answer('second'));
    });
    const transport = startTransport({ baseUrl: server.url });
    await transport.connect();
    await server.connections[0]!.closed;
    await expect.poll(() => transport.stats()[0]?.connected).toBe(0);

    expect(await textOf(get(transport, '/'))).toBe('second');
  });
});

describe('an idle connection', () => {
  it('row 76 does not keep the program from ending', async () => {
    const server = await echo();
    const source = new URL('../src/index.ts', import.meta.url).href;
    const program = `
      import { Deadline } from '@linkspan/concurrency';
      import { httpTransport } from '${source}';
      const transport = httpTransport({ baseUrl: '${server.url}' });
      await transport.connect();
      const { body } = await transport.send(
        { operation: 'GET', target: '/' },
        { signal: undefined, deadline: Deadline.after(3_600_000), attempt: 1, streaming: false,
          attemptMs: 3_600_000, idleMs: 3_600_000, acceptStatus: () => true },
      );
      await body.collect();`;
    const child = spawn(
      process.execPath,
      ['--conditions=@linkspan/source', '--input-type=module', '--eval', program],
      { cwd: new URL('..', import.meta.url), stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const [status] = (await once(child, 'exit')) as [number | null];

    expect(status).toBe(0);
    expect(server.seen).toHaveLength(1);
  });
});

describe('probe()', () => {
  it('asks for the head of the base URL', async () => {
    const server = await echo();
    const transport = startTransport({ baseUrl: `${server.url}/v1` });
    await transport.probe(contextOf());

    expect(server.seen[0]).toMatchObject({ method: 'HEAD', url: '/v1' });
  });

  it('takes the connection that there is, and leaves it open', async () => {
    const server = await startRawServer(async (connection) => {
      for (let nth = 1; ; nth += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one request after another
        await connection.request(nth);
        const isProbe = nth % 2 === 1;
        connection.write(isProbe ? 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n' : answer('body'));
      }
    });
    const transport = startTransport({ baseUrl: server.url });
    for (const path of ['/1', '/2', '/3']) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await transport.probe(contextOf());
      // oxlint-disable-next-line no-await-in-loop -- as above
      expect(await textOf(get(transport, path))).toBe('body');
    }

    expect(server.connections).toHaveLength(1);
    expect(transport.stats()[0]).toMatchObject({ connected: 1, free: 1 });
  });

  it('takes a body that has no place there for the answer to nothing else', async () => {
    const server = await startRawServer(async (connection) => {
      for (let nth = 1; ; nth += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one request after another
        await connection.request(nth);
        connection.write(answer(answer(`forged ${connection.index}`)));
      }
    });
    const transport = startTransport({ baseUrl: server.url });
    await transport.probe(contextOf());

    expect(await textOf(get(transport, '/'))).toBe(answer('forged 1'));
  });

  it('fails where the server says that it fails', async () => {
    const server = await startServer((_request, response) => response.writeHead(503).end());
    const transport = startTransport({ baseUrl: server.url });

    expect(await rejection(transport.probe(contextOf()))).toMatchObject({ status: 503 });
  });

  it('fails where nobody answers', async () => {
    const transport = startTransport({ baseUrl: 'http://127.0.0.1:1' });

    expect(await rejection(transport.probe(contextOf()))).toMatchObject({ kind: 'network' });
  });
});
