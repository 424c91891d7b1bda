import { createFetch, createHttpClient, type Fetch } from '@linkspan/http';
import { leakProbe } from '@linkspan/testkit';
import { expect, it, vi } from 'vitest';
import { startEchoServer } from './echo-server.ts';

/** Numbers in [0, 1) that are the same in every run: mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const rooms = ['json', 'events', 'silent', 'gzip', 'cut-chunks', 'cut-length', 'no-answer', 'echo'];

/** The ways in which an answer is read, or not. */
const readers: readonly ((response: Response) => unknown)[] = [
  (response) => response.text(),
  (response) => response.json(),
  (response) => response.body?.cancel(),
  (response) => response.clone().text(),
  async ({ body }) => {
    for await (const chunk of body ?? []) if (chunk.length > 3) break;
  },
  async ({ body }) => {
    const reader = body?.getReader();
    await Promise.all([reader?.read(), reader?.read()]);
    await reader?.cancel();
  },
];

it('leaves nothing behind when calls are aborted at random moments', async () => {
  const random = seeded(20_261_126);
  const pick = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(random() * values.length)]!;
  const { url } = await startEchoServer();
  const lifetime = new AbortController();
  const probe = leakProbe({ listeners: { 'the signal of a lifetime': lifetime.signal } });
  const client = createHttpClient({ baseUrl: url, connections: 8 });
  const fetch = createFetch(client);
  const reason = new Error('enough');
  const endings = new Map<string, number>();

  async function one(call: Fetch): Promise<void> {
    const controller = new AbortController();
    const isLifetime = random() < 0.2;
    const signal = isLifetime ? lifetime.signal : controller.signal;
    const turns = Math.floor(random() * 30);
    const room = isLifetime ? pick(['json', 'events', 'gzip', 'cut-length']) : pick(rooms);
    const init = random() < 0.5 ? { signal } : { signal, method: 'POST', body: 'x'.repeat(100) };
    const abort = (left: number): void => {
      if (left === 0) controller.abort(reason);
      else setImmediate(abort, left - 1);
    };
    setImmediate(abort, turns);
    let ending = 'read';
    try {
      await pick(readers)(await call(`/${room}`, init));
    } catch (error) {
      ending = error === reason ? 'aborted' : String(error);
    }
    endings.set(ending, (endings.get(ending) ?? 0) + 1);
  }

  for (let round = 0; round < 20; round++) {
    // oxlint-disable-next-line no-await-in-loop -- as many calls at a time as this
    await Promise.all(Array.from({ length: 30 }, () => one(fetch)));
  }

  expect(endings.get('read')).toBeGreaterThan(50);
  expect(endings.get('aborted')).toBeGreaterThan(50);
  await vi.waitFor(() => expect(client.inFlight()).toEqual([]));
  expect(client.stats()).toMatchObject([{ running: 0, queued: 0 }]);
  await client.close();
  await probe.check();
});
