import { createClient, TransportRegistry } from '@linkspan/core';
import { gopherTransport, gopherTransportFactory } from '@linkspan/example-transport-gopher';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GopherPeer } from './gopher-peer.ts';

async function startPeer(): Promise<GopherPeer> {
  const peer = await GopherPeer.listen();
  onTestFinished(() => peer.close());
  return peer;
}

describe('gopherTransport()', () => {
  it('takes requests as people write them, and tells the refusal of the server', async () => {
    const peer = await startPeer();
    const client = createClient({ transport: gopherTransport(peer.address), ownTransport: true });
    onTestFinished(() => client.close());
    const { target } = peer.request({ kind: 'answer', chunks: [Buffer.from('Welcome.')] });

    expect(await (await client.request({ selector: target })).text()).toBe('Welcome.');
    await expect(client.request({ selector: '/find', search: 'bridges' })).rejects.toMatchObject({
      code: 'gopher_unavailable',
      transport: 'gopher',
    });
  });

  it('is made by its name, from data', async () => {
    const peer = await startPeer();
    const registry = new TransportRegistry().register('gopher', gopherTransportFactory());
    const transport = registry.create('gopher', peer.address);
    onTestFinished(() => transport.close());

    expect(transport.name).toBe('gopher');
    expect(() => registry.create('gopher', { host: '', port: 0 })).toThrow(/host: .*\n.*port: /);
  });

  it.each(['/a\r\n/b', '/a\tb\t+'])('sends nothing of a selector like %j', async (target) => {
    const peer = await startPeer();
    const client = createClient({ transport: gopherTransport(peer.address), ownTransport: true });
    onTestFinished(() => client.close());

    await expect(client.request({ operation: 'GET', target })).rejects.toMatchObject({
      kind: 'message',
      sent: 'no',
    });
    expect(peer.connections).toBe(0);
  });
});
