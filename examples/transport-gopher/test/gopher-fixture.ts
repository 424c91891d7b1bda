import type { ConformanceFixture } from '@linkspan/testkit';
import { gopherTransport } from '@linkspan/example-transport-gopher';
import { GopherPeer } from './gopher-peer.ts';

/** What the kit needs: a new transport, and a new peer for it to talk to, for every case. */
export const gopherFixture: ConformanceFixture = {
  name: 'gopher',
  async open() {
    const peer = await GopherPeer.listen();
    return {
      transport: gopherTransport(peer.address),
      request: (scene) => peer.request(scene),
      peer,
      close: () => peer.close(),
    };
  },
};
