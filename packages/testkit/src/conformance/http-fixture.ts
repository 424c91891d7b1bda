import { parseSettings, setting, type SettingsTable, type Transport } from '@linkspan/core';
import type { ConformanceFixture } from './fixture.ts';
import type { Framing } from './http-peer/exchange.ts';
import { HttpPeer } from './http-peer/http-peer.ts';

/** How an {@link httpFixture} plays. */
export interface HttpFixtureOptions {
  /** What the report calls the transport. */
  readonly name: string;
  /** Makes a new transport for the origin at which the peer listens: `http://127.0.0.1:40123`. */
  readonly transport: (baseUrl: string) => Transport;
  /**
   * How answers tell where they end: in chunks, or by a `content-length`. A transport has to see a
   * cut in either. Floods and conversations are always in chunks. @default 'chunked'
   */
  readonly framing?: 'chunked' | 'content-length';
}

interface HttpFixtureSettings {
  readonly name: string;
  readonly transport: (baseUrl: string) => Transport;
  readonly framing: Framing;
}

const table: SettingsTable<HttpFixtureSettings, HttpFixtureOptions> = {
  name: setting.string(),
  transport: setting.callback<(baseUrl: string) => Transport>(),
  framing: setting.choice(['chunked', 'content-length'], { default: 'chunked' }),
};

/**
 * The fixture of any transport that speaks HTTP/1.1: a server on the loopback device, written on TCP
 * itself, plays every scene. Targets are paths; requests that may carry a payload are `POST`s, the
 * others `GET`s.
 */
export function httpFixture(options: HttpFixtureOptions): ConformanceFixture {
  const { name, transport, framing } = parseSettings('httpFixture()', table, options);
  return {
    name,
    open: async () => {
      const peer = await HttpPeer.listen(framing);
      return {
        transport: transport(peer.origin),
        request: (scene) => peer.request(scene),
        peer,
        close: () => peer.close(),
      };
    },
  };
}
