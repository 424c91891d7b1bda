import type { Middleware } from '@linkspan/core';
import type { SdkTransport } from '@linkspan/sdk';
import { type ConformanceFixture, withMiddleware } from '@linkspan/testkit';
import { chatBytes } from './chat-bytes.ts';
import { ChatPeer } from './chat-peer.ts';
import type { ProviderFrames } from './provider-frames.ts';

/** The fixture of a transport for chats: every scene is played by a model. */
export function chatFixture(options: {
  readonly name: string;
  readonly frames: ProviderFrames;
  readonly transport: (baseUrl: string) => SdkTransport;
  readonly middleware?: readonly Middleware[];
}): ConformanceFixture {
  const { name, frames, transport, middleware = [] } = options;
  return {
    name,
    open: async () => {
      const peer = await ChatPeer.listen(frames);
      return {
        transport: withMiddleware(chatBytes(transport(peer.origin)), middleware),
        request: (scene) => ({ operation: 'chat', target: peer.model(scene) }),
        peer,
        close: () => peer.close(),
      };
    },
  };
}
