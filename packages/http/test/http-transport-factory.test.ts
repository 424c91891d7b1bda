import { ConfigurationError, createClient, TransportRegistry } from '@linkspan/core';
import { httpTransportFactory } from '@linkspan/http';
import { describe, expect, it } from 'vitest';
import { sendJson, startServer } from './loopback-server.ts';

describe('httpTransportFactory()', () => {
  it('R16 R59 U1 makes transports by name, with defaults of their own', async () => {
    const server = await startServer((request, response) => sendJson(response, request.url));
    const registry = new TransportRegistry()
      .register('http', httpTransportFactory())
      .register('v2', httpTransportFactory({ baseUrl: `${server.url}/v2`, connections: 1 }));

    await using plain = createClient({ registry, transport: 'http', baseUrl: server.url });
    await using second = createClient({ registry, transport: 'v2' });

    expect(await (await plain.request({ path: '/a' })).json()).toBe('/a');
    expect(await (await second.request({ path: '/a' })).json()).toBe('/v2/a');
  });

  it('P25 tells what is wrong with the options of client and transport together', () => {
    const registry = new TransportRegistry().register('http', httpTransportFactory());
    const make = (): unknown =>
      createClient({ registry, transport: 'http', conections: 1, totalMs: -1 } as never);

    expect(make).toThrow(/conections: .*did you mean 'connections'/);
    expect(make).toThrow(/totalMs/);
    expect(() => httpTransportFactory({ connections: 0 })).toThrow(ConfigurationError);
  });
});
