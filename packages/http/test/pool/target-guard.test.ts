import { describe, expect, it, vi } from 'vitest';
import type { AllowTarget } from '@linkspan/core/wire';
import { startServer } from '../loopback-server.ts';
import { get, rejection, startTransport, textOf } from '../transport-call.ts';

const served = () => startServer((_request, response) => response.end('inside'));

describe('allowTarget', () => {
  it('is asked with the address that a name was resolved to', async () => {
    const { url } = await served();
    const { port } = new URL(url);
    const allowTarget = vi.fn<AllowTarget>(() => true);
    const transport = startTransport({ allowTarget });
    await textOf(get(transport, `http://localhost:${port}/`));
    await textOf(get(transport, `http://localhost:${port}/`));

    expect(allowTarget).toHaveBeenCalledWith({
      host: 'localhost',
      address: '127.0.0.1',
      family: 4,
      port: Number(port),
    });
    const asked = allowTarget.mock.calls.length;
    await textOf(get(transport, `http://localhost:${port}/`));
    expect(allowTarget).toHaveBeenCalledTimes(asked);
  });

  it.each(['127.0.0.1', '127.1', '0x7f000001', '2130706433', 'localhost'])(
    'N18 keeps a call from %s, however it is written, with no connection made',
    async (host) => {
      const { url, connections } = await served();
      const isPublic: AllowTarget = ({ address }) => !/^(?:127\.|::1$|::ffff:127\.)/.test(address);
      const transport = startTransport({ allowTarget: isPublic });
      const error = await rejection(get(transport, url.replace('127.0.0.1', host)));

      expect(error).toMatchObject({
        code: 'target_refused',
        kind: 'network',
        retryable: 'no',
        sent: 'no',
      });
      expect(await connections()).toBe(0);
    },
  );

  it.each([
    ['[::1]', '::1', '::1', 6],
    ['[::ffff:127.0.0.1]', '::ffff:7f00:1', '127.0.0.1', 4],
    ['[0:0:0:0:0:FFFF:C0A8:1]', '::ffff:c0a8:1', '192.168.0.1', 4],
    ['[::ffff:0:0]', '::ffff:0:0', '0.0.0.0', 4],
    ['[::7f00:1]', '::7f00:1', '::7f00:1', 6],
  ])('N18 is asked for %s as for the address that it is', async (url, host, address, family) => {
    const allowTarget = vi.fn<AllowTarget>(() => false);
    const error = await rejection(get(startTransport({ allowTarget }), `http://${url}:9/`));

    expect(error).toMatchObject({ code: 'target_refused' });
    expect(allowTarget).toHaveBeenCalledExactlyOnceWith({ host, address, family, port: 9 });
  });

  it('is asked on each hop of a redirect', async () => {
    const inside = await served();
    const outside = await startServer((_request, response) =>
      response.writeHead(302, { location: inside.url }).end(),
    );
    const { port } = new URL(inside.url);
    const transport = startTransport({ allowTarget: (target) => target.port !== Number(port) });

    expect(await rejection(get(transport, outside.url))).toMatchObject({ code: 'target_refused' });
    expect(inside.seen).toHaveLength(0);
  });

  it('may take its time, and may fail', async () => {
    const { url } = await served();
    const cause = new Error('no list of addresses');

    expect(
      await textOf(get(startTransport({ allowTarget: () => Promise.resolve(true) }), url)),
    ).toBe('inside');
    for (const target of [url, url.replace('127.0.0.1', 'localhost')]) {
      const transport = startTransport({ allowTarget: () => Promise.reject(cause) });
      // oxlint-disable-next-line no-await-in-loop -- one after another
      expect(await rejection(get(transport, target))).toMatchObject({
        code: 'target_refused',
        cause,
      });
    }
  });
});
