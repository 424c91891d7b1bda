import { natsTransport } from '@linkspan/example-transport-nats';
import type { ConformanceFixture } from '@linkspan/testkit';
import { NatsPeer } from './nats-peer.ts';
import { NatsServer } from './nats-server.ts';

/** One real server for all stages: each has subjects, a peer and a wire of its own. */
export function natsFixture(): ConformanceFixture & { readonly close: () => Promise<void> } {
  let server: Promise<NatsServer> | undefined;
  return {
    name: 'nats',
    async open() {
      server ??= NatsServer.start('max_payload: 8388608');
      const peer = await NatsPeer.listen(await server);
      return {
        transport: natsTransport({ servers: [peer.wire.address] }),
        request: (scene) => peer.request(scene),
        peer,
        close: () => peer.close(),
      };
    },
    close: async () => await (await server)?.close(),
  };
}
