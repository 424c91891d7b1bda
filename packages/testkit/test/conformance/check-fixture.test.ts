import {
  checkFixture,
  type ConformanceFixture,
  FixtureError,
  httpFixture,
  memoryFixture,
  type Peer,
  runConformance,
  type Stage,
} from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { over } from './broken/variation.ts';
import { ReferenceTransport } from './reference-transport.ts';

const sound = httpFixture({
  name: 'reference',
  transport: (baseUrl) => new ReferenceTransport(baseUrl),
});

/** A sound fixture with one thing wrong on its stages. */
function spoilt(spoil: (stage: Stage) => Partial<Stage>): ConformanceFixture {
  return {
    name: 'spoilt',
    open: async () => {
      const stage = await sound.open();
      return { ...stage, ...spoil(stage) };
    },
  };
}

/** A peer with some counts replaced. */
function counting(peer: Peer, counts: { readonly [Name in keyof Peer]?: () => number }): Peer {
  const count = (name: keyof Peer): number => counts[name]?.() ?? peer[name];
  return {
    get requests() {
      return count('requests');
    },
    get busy() {
      return count('busy');
    },
    get connections() {
      return count('connections');
    },
    get flooded() {
      return count('flooded');
    },
  };
}

const answered = {
  kind: 'answer',
  chunks: [new TextEncoder().encode('an answer to that')],
} as const;

/** A stage that plays an answer where it was asked for something else. */
function answeringTo(kind: string): ConformanceFixture {
  return spoilt(({ request }) => ({
    request: (scene) => request(scene.kind === kind ? answered : scene),
  }));
}

let shared: Promise<Stage> | undefined;

describe('checkFixture()', () => {
  it('passes a sound fixture, and tells what its transport can do', async () => {
    expect(await checkFixture(sound)).toEqual({
      streaming: true,
      upload: true,
      duplex: true,
      status: true,
    });
    expect(await checkFixture(memoryFixture())).toMatchObject({ duplex: true });
  });

  it.each<[string, ConformanceFixture, RegExp]>([
    ['has no name', { ...sound, name: '' }, /to have a name/],
    [
      'gives the same stage twice',
      { name: 'spoilt', open: () => (shared ??= sound.open()) },
      /transport of its own/,
    ],
    [
      'has a peer that counts something else',
      spoilt(({ peer }) => ({ peer: counting(peer, { flooded: () => Number.NaN }) })),
      /peer\.flooded to be a count, found NaN/,
    ],
    [
      'does not count requests',
      spoilt(({ peer }) => ({ peer: counting(peer, { requests: () => 0 }) })),
      /peer\.requests to count a call that was answered: expected 1, found 0/,
    ],
    [
      'is never busy',
      spoilt(({ peer }) => ({ peer: counting(peer, { busy: () => 0 }) })),
      /peer\.busy to be 1 in the scene 'silent'/,
    ],
    [
      'is busy for ever',
      spoilt(({ peer }) => ({ peer: counting(peer, { busy: () => Math.min(1, peer.requests) }) })),
      /peer\.busy to be 0 after an answer/,
    ],
    [
      'counts no connections',
      spoilt(({ peer }) => ({ peer: counting(peer, { connections: () => 0 }) })),
      /peer\.connections to be 1 or more/,
    ],
    [
      'does not count floods',
      spoilt(({ peer }) => ({ peer: counting(peer, { flooded: () => 0 }) })),
      /peer\.flooded to count/,
    ],
    [
      'answers where it should be silent',
      answeringTo('silent'),
      /'silent' to stay silent, but the call was answered/,
    ],
    [
      'answers what it should drop',
      answeringTo('drop'),
      /'drop' to give at most 0 bytes, found 17/,
    ],
    ['answers though nobody is there', answeringTo('absent'), /'absent' to give at most 0 bytes/],
    [
      'does not know a scene',
      spoilt(({ request }) => ({
        request: (scene) => {
          if (scene.kind === 'converse') throw new Error('What is that?');
          return request(scene);
        },
      })),
      /What is that\?/,
    ],
    [
      'gives no request',
      spoilt(() => ({ request: () => ({}) as never })),
      /request\(\) to give an operation and a target for the scene 'answer'/,
    ],
    [
      'leaves its peer there when it closes',
      spoilt(({ peer, transport }) => ({
        peer: counting(peer, { connections: () => Math.max(1, peer.connections) }),
        transport,
      })),
      /a closed stage to have nothing left/,
    ],
  ])('refuses a fixture that %s', async (_what, fixture, message) => {
    const checking = checkFixture(fixture, { patienceMs: 300 });

    await expect(checking).rejects.toBeInstanceOf(FixtureError);
    await expect(checking).rejects.toThrow(message);
  });

  it('says of a first call that fails that it may be the fixture or the transport', async () => {
    const fixture = spoilt(({ transport }) => ({
      transport: Object.assign(Object.create(transport) as typeof transport, {
        send: async () => await Promise.reject(new Error('No idea')),
      }),
    }));

    await expect(checkFixture(fixture)).rejects.toThrow(
      /either the fixture does not play it, or the transport cannot make the simplest call: .*No idea/,
    );
  });

  it('does not hang on a transport that never closes: a case will tell that', async () => {
    const fixture = spoilt(({ transport }) => ({
      transport: over(transport, { close: () => new Promise(() => {}) }),
    }));

    await expect(checkFixture(fixture, { patienceMs: 200 })).resolves.toMatchObject({
      duplex: true,
    });
  });

  it('comes before any case', async () => {
    const running = runConformance(answeringTo('silent'), { patienceMs: 300 });

    await expect(running).rejects.toBeInstanceOf(FixtureError);
  });
});
