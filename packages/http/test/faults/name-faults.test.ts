import { once } from 'node:events';
import { createServer } from 'node:http';
import type { LookupFunction } from 'node:net';
import { ConnectionError, DnsError } from '@linkspan/core';
import type { FaultServer } from '@linkspan/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { meetFault, type Meeting } from './meet-fault.ts';

/** The server under a name that only a lookup of its own knows. */
const named = (server: FaultServer): string =>
  server.url('ok').replace('127.0.0.1', 'service.test');

/** A lookup that fails. */
const failing =
  (code: string): LookupFunction =>
  (_host, _options, callback) =>
    callback(Object.assign(new Error('lookup failed'), { code }), []);

const withLookup = (lookup: LookupFunction, options: Meeting['options'] = {}): Meeting => ({
  options: { lookup, ...options },
});

describe('a name that is resolved', () => {
  it.each([
    ['row 1: ENOTFOUND', 'ENOTFOUND', { code: 'dns', retryable: 'no' }],
    ['row 1: EAI_AGAIN', 'EAI_AGAIN', { code: 'dns_temporary', retryable: 'yes' }],
    ['row 1: what no lookup of Node says', 'EOWN', { code: 'dns', retryable: 'no' }],
  ])('%s', async (_title, code, facts) => {
    const { error, server } = await meetFault(named, withLookup(failing(code)));

    expect(error).toBeInstanceOf(DnsError);
    expect(error).toMatchObject({ kind: 'network', phase: 'dns', sent: 'no', ...facts });
    expect(server.opened).toBe(0);
  });

  it('row 1: a lookup that throws is a name that cannot be resolved', async () => {
    const thrown = new Error('no such service');
    const { error } = await meetFault(
      named,
      withLookup(() => {
        throw thrown;
      }),
    );

    expect(error).toBeInstanceOf(DnsError);
    expect(error).toMatchObject({ code: 'dns', cause: thrown });
  });

  it('row 2: a lookup that never answers counts against connectMs', async () => {
    const { error } = await meetFault(
      named,
      withLookup(() => {}, { connectMs: 50 }),
    );

    expect(error).toMatchObject({
      kind: 'timeout',
      code: 'connect_timeout',
      phase: 'dns',
      limitMs: 50,
      retryable: 'yes',
      sent: 'no',
    });
  });

  it('row 5: an IPv6 address that is dead and an IPv4 address that lives', async () => {
    const { error, value } = await meetFault(
      named,
      withLookup((_host, _options, callback) => {
        callback(null, [
          { address: '::1', family: 6 },
          { address: '127.0.0.1', family: 4 },
        ]);
      }),
    );

    expect([error, value]).toEqual([undefined, 'ok']);
  });

  it('row 5: a lookup that gives one address, where there is a guard and where there is none', async () => {
    const asked: string[] = [];
    const allowTarget = ({ host, address }: { host: string; address: string }): boolean => {
      asked.push(`${host} ${address}`);
      return true;
    };
    const lookup: LookupFunction = (_host, _options, callback) => callback(null, '127.0.0.1', 4);

    expect((await meetFault(named, withLookup(lookup))).value).toBe('ok');
    expect((await meetFault(named, withLookup(lookup, { allowTarget }))).value).toBe('ok');
    expect(asked).toEqual(['service.test 127.0.0.1']);
  });

  it.each(['EMFILE', 'ENFILE', 'ENOBUFS', 'EADDRNOTAVAIL'])(
    'row 79: %s is tried again, with a pause, as often as is allowed',
    async (code) => {
      const waits: number[] = [];
      const { error } = await meetFault(
        named,
        withLookup(failing(code), {
          random: () => 0.5,
          retry: { maxRetries: 2, baseDelayMs: 4, onRetry: ({ waitMs }) => waits.push(waitMs) },
        }),
      );

      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toMatchObject({
        kind: 'network',
        code: 'resource',
        retryable: 'yes',
        sent: 'no',
        attempts: 3,
      });
      expect(waits).toEqual([2, 4]);
    },
  );

  it.runIf(process.platform === 'linux')(
    'row 80: new connections go to the new address of a name that has moved',
    async () => {
      const addresses = ['127.0.0.1', '127.0.0.2'];
      let asked = 0;
      const { value } = await meetFault(
        (server) =>
          server
            .script(async (exchange) => {
              await exchange.answer(200, { connection: 'close' }, 'old');
              exchange.end();
            })
            .replace('127.0.0.1', 'service.test'),
        {
          options: {
            lookup: (_host, _options, callback) => {
              callback(null, [{ address: addresses[asked++] ?? 'none', family: 4 }]);
            },
          },
          ask: async (client, url) => {
            const moved = createServer((_request, response) => response.end('new'));
            moved.listen(Number(new URL(url).port), '127.0.0.2');
            await once(moved, 'listening');
            onTestFinished(() => moved.closeAllConnections());
            const first = await (await client.get(url)).text();
            const second = await (await client.get(url)).text();
            await client.close();
            moved.close();
            await once(moved, 'close');
            return [first, second, asked];
          },
        },
      );

      expect(value).toEqual(['old', 'new', 2]);
    },
  );
});
