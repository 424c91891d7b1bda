import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { ConfigurationError } from '@linkspan/core';
import { faults, faultServer, leakProbe } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { askRaw } from './raw-client.ts';
import { startFaultServer } from './start-fault-server.ts';

describe('faultServer()', () => {
  it('plays a fault to whoever asks for its URL', async () => {
    const server = await startFaultServer();
    const response = await fetch(server.url('status', { status: 418 }));

    expect(server.url('status', { status: 418 })).toMatch(/\/faults\/status\?status=418$/);
    expect(response.status).toBe(418);
    expect(await response.text()).toBe('{"detail":"status 418"}');
  });

  it('plays one fault after another, the last one again and again', async () => {
    const server = await startFaultServer();
    const url = server.sequence([
      'reset-before-head',
      ['status', { status: 503 }],
      (exchange) => exchange.answer(200, {}, `turn ${exchange.turn}`),
      'ok',
    ]);
    const seen: unknown[] = [];
    for (let turn = 0; turn < 5; turn++) {
      // oxlint-disable-next-line no-await-in-loop -- one request after another
      const answer = await fetch(url).catch(() => undefined);
      // oxlint-disable-next-line no-await-in-loop -- one request after another
      seen.push(answer === undefined ? 'failed' : `${answer.status} ${await answer.text()}`);
    }

    expect(seen).toEqual([
      'failed',
      '503 {"detail":"status 503"}',
      '200 turn 2',
      '200 ok',
      '200 ok',
    ]);
  });

  it('plays over TLS what is asked for over TLS', async () => {
    const server = await startFaultServer();

    expect(server.url('ok', {}, 'https')).toBe(`${server.origins.tls}/faults/ok`);
    expect(server.url('ok', {}, 'wss')).toMatch(/^wss:/);
    expect(server.script(() => {}, 'https')).toMatch(server.origins.tls);
    expect(server.url('websocket-echo')).toMatch(/^ws:/);
    expect(server.url('tls-plain-http')).toBe(
      `${server.origins.plain.replace('http', 'https')}/faults/tls-plain-http`,
    );
  });

  it('tells what it was asked, while the body comes', async () => {
    const server = await startFaultServer();
    const url = server.url('ok');
    const outgoing = request(url, { method: 'POST', headers: { 'X-Mine': 'a' } });
    outgoing.write('first ');
    const seen = await server.arrival(url);
    await seen.bodyArrival(6);
    const before = { body: seen.body.toString(), isComplete: seen.isComplete };
    outgoing.end('second');
    await seen.complete;
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    answer.resume();

    expect(before).toEqual({ body: 'first ', isComplete: false });
    expect(seen).toMatchObject({ method: 'POST', bodyBytes: 12, connection: 1 });
    expect(seen.headers['x-mine']).toBe('a');
    expect(seen.body.toString()).toBe('first second');
    expect(server.requests(url)).toEqual([seen]);
  });

  it('resolves the arrival of requests that are still to come', async () => {
    const server = await startFaultServer();
    const url = server.url('ok');
    const second = server.arrival(url, 2);
    await askRaw(url, { untilText: 'ok' });
    await askRaw(url, { untilText: 'ok' });

    expect((await second).connection).toBe(2);
    expect(await server.arrival(url, 1)).toBe(server.requests(url)[0]);
  });

  it('plays a script for all that is below its URL', async () => {
    const server = await startFaultServer();
    const url = server.script((exchange) =>
      exchange.answer(200, {}, `${exchange.turn} ${exchange.request.target}`),
    );
    const first = await (await fetch(`${url}/v1/chat?a=b`)).text();
    const second = await (await fetch(url)).text();

    expect([first, second]).toEqual([
      `0 ${new URL(url).pathname}/v1/chat?a=b`,
      `1 ${new URL(url).pathname}`,
    ]);
    expect(server.requests(`${url}/other`)).toHaveLength(2);
  });

  it('counts its connections, and tells when there are none', async () => {
    const server = await startFaultServer();
    await server.idle();
    const socket = connect(Number(new URL(server.url('ok')).port), '127.0.0.1');
    socket.write('GET /faults/silent HTTP/1.1\r\n\r\n');
    await server.arrival(server.url('silent'));
    const open = server.connections;
    const idle = server.idle();
    socket.destroy();
    await idle;

    expect([open, server.connections, server.opened]).toEqual([1, 0, 1]);
    expect(server.events.slice(0, 3).map(({ kind }) => kind)).toEqual([
      'opened',
      'request',
      'closed',
    ]);
  });

  it('reads requests that come in one write one after another', async () => {
    const server = await startFaultServer();
    const { port } = new URL(server.url('ok'));
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('GET /faults/ok HTTP/1.1\r\n\r\nGET /faults/ok-json HTTP/1.1\r\n\r\n');
    let text = '';
    for await (const chunk of socket) {
      text += String(chunk);
      if (text.includes('true}')) break;
    }

    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(text.indexOf('\r\n\r\nok')).toBeLessThan(text.indexOf('{"ok":true}'));
  });

  it('refuses a port to which it was told to refuse connections', async () => {
    const server = await startFaultServer();

    await expect(askRaw(server.url('connect-refused'))).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });

  it.runIf(process.platform === 'linux')(
    'leaves a connection to the port that hangs unmade',
    async () => {
      const server = await startFaultServer({ hang: true });
      const socket = connect(Number(new URL(server.url('connect-hang')).port), '127.0.0.1');
      let isConnected = false;
      socket.on('connect', () => (isConnected = true));
      // A connection that was made would be told of long before these answers.
      for (let turn = 0; turn < 20; turn++) {
        // oxlint-disable-next-line no-await-in-loop -- one request after another
        await askRaw(server.url('ok'), { untilText: 'ok' });
      }

      expect([isConnected, socket.connecting]).toEqual([false, true]);
      socket.destroy();
    },
  );

  it('leaves nothing behind, whatever it was at', async () => {
    const probe = leakProbe();
    const server = await faultServer({ hang: process.platform === 'linux' });
    const asks = (['silent', 'flood', 'never-reads', 'slow-head', 'sse-idle'] as const).map(
      async (id) => {
        const answer = askRaw(server.url(id));
        await server.arrival(server.url(id));
        return await answer;
      },
    );
    await server.arrival(server.url('sse-idle'));
    await server.close();
    await Promise.all(asks);

    await probe.check();
    expect(server.connections).toBe(0);
  });

  it('takes connections of before away, and frees its ports', async () => {
    const server = await faultServer();
    const url = server.url('silent');
    const answer = askRaw(url);
    await server.arrival(url);
    await server.close();
    await server.close();

    expect((await answer).text).toBe('');
    await expect(askRaw(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('tells at its end what scripts threw', async () => {
    const failure = new Error('the script failed');
    const server = await faultServer();
    const url = server.script(() => {
      throw failure;
    });

    expect((await askRaw(url)).text).toBe('');
    expect(server.events.find(({ kind }) => kind === 'failed')).toMatchObject({ error: failure });
    await expect(server.close()).rejects.toMatchObject({ errors: [failure] });
    await server.close();
  });

  it('answers what is no HTTP with 400', async () => {
    const server = await startFaultServer();
    const socket = connect(Number(new URL(server.url('ok')).port), '127.0.0.1');
    socket.write(Uint8Array.of(0x16, 3, 1));
    let text = '';
    for await (const chunk of socket) text += String(chunk);

    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(server.events.map(({ kind }) => kind)).toContain('garbage');
  });

  it('says to a client what is wrong with a URL that it made', async () => {
    const server = await startFaultServer();
    const ask = async (path: string): Promise<string> => {
      const response = await fetch(server.origins.plain + path);
      return `${response.status} ${await response.text()}`;
    };

    expect(await ask('/faults/nothing')).toBe('404 There is no fault at /faults/nothing\n');
    expect(await ask('//')).toBe('404 There is no fault at //\n');
    expect(await ask('/faults/status?status=teapot')).toBe(
      '400 Cannot play the fault \'status\': status: expected a number, found "teapot"\n',
    );
  });

  it('refuses what it cannot play', async () => {
    const server = await startFaultServer();
    const refused: readonly (readonly [() => unknown, RegExp])[] = [
      [() => server.url('nothing' as 'ok'), /expected the id of a fault, found "nothing"$/],
      [
        () => server.url('ok', { status: 1 } as never),
        /status: is unknown; the fault takes no num/,
      ],
      [
        () => server.url('status', { code: 1 } as never),
        /code: is unknown; the fault takes status$/,
      ],
      [() => server.url('status', { status: NaN }), /status: expected a number, found null$/],
      [() => server.url('connect-hang'), /expected a server started with { hang: true }/],
      [() => server.sequence([]), /steps: expected one or more, found none$/],
      [() => server.sequence(['connect-refused']), /'connect-refused' has a port of its own/],
      [() => server.script('ok' as never), /play: expected a function, found string$/],
    ];

    for (const [refuse, message] of refused) {
      expect(refuse).toThrow(ConfigurationError);
      expect(refuse).toThrow(message);
    }
    await expect(faultServer({ hangs: true } as never)).rejects.toThrow(/faultServer\(\): hangs/);
  });
});

describe('faults', () => {
  it('have a name in kebab-case, a row of the matrix and a sentence', () => {
    for (const { id, row, wires, title, available } of faults) {
      expect(id).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
      expect(row).toBeGreaterThanOrEqual(0);
      expect(row).toBeLessThanOrEqual(80);
      expect(wires.length).toBeGreaterThan(0);
      expect(available).toBe(id !== 'connect-hang' || process.platform === 'linux');
      expect(title).toMatch(/^[a-z][^]*[^.]$/);
    }
  });

  const played = faults.filter(({ play, place }) => play !== undefined && place === undefined);

  it('are most of them played to whoever sends a request', () => {
    expect(played.length).toBeGreaterThan(140);
  });

  it.each(played)('are played without a failure: $id', async ({ id, numbers }) => {
    const server = await startFaultServer();
    const given = numbers?.['mebibytes'] === undefined ? {} : { mebibytes: 1 };
    const url = server.url(id, given, 'http');
    const headers = ['upgrade: websocket', 'connection: upgrade', 'sec-websocket-key: a2V5'];
    const answer = askRaw(url, { body: 'x', headers, untilBytes: 1 });
    await server.arrival(url);
    await server.close();
    await answer;

    expect(server.events.filter(({ kind }) => kind === 'failed')).toEqual([]);
  });

  it('cover every row that a server on the loopback device can play', () => {
    const rows = new Set(faults.map(({ row }) => row));
    const covered = [
      ...range(3, 20).filter((row) => row !== 5),
      ...range(22, 51).filter((row) => row !== 31 && row !== 32 && row !== 40),
      ...range(53, 67).filter((row) => ![59, 61, 62].includes(row)),
    ];

    expect(covered.filter((row) => !rows.has(row))).toEqual([]);
  });
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
