import { createSdkClient, type SdkClient } from '@linkspan/sdk';
import { leakProbe, mockUpstreams } from '@linkspan/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { say } from '../provider-clients.ts';

const MOST_TURNS = 60;

/** Lets this many turns of the event loop pass. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one turn after another
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

async function leave(client: SdkClient, leaveAfter: number, how: 'whole' | 'stream' | 'break') {
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error('Enough');
  const request = say('Count to twenty and back again, and then once more');
  if (how === 'break') {
    let events = 0;
    for await (const { type } of client.stream(request)) {
      if (type === 'text') events += 1;
      if (events > leaveAfter % 10) break;
    }
    return;
  }
  const call =
    how === 'whole'
      ? client.chat(request, { signal })
      : client.stream(request, { signal }).result();
  const ended = call.then(
    () => undefined,
    (error: unknown) => error,
  );
  await turns(leaveAfter);
  controller.abort(reason);
  expect([undefined, reason]).toContain(await ended);
}

it(
  'leaves nothing of hundreds of calls that were left at any moment',
  { timeout: 60_000 },
  async () => {
    const lifetime = new AbortController();
    const probe = leakProbe({ listeners: { 'the signal of a lifetime': lifetime.signal } });
    const upstreams = await mockUpstreams();
    const moments = fc.sample(
      fc.tuple(
        fc.nat({ max: MOST_TURNS }),
        fc.constantFrom('whole' as const, 'stream' as const, 'break' as const),
      ),
      { numRuns: 150, seed: 11 },
    );

    for (const provider of ['openai', 'anthropic'] as const) {
      const { baseUrl } = upstreams[provider];
      const options = { apiKey: 'key', baseUrl, model: 'm', env: {}, retry: false } as const;
      const client: SdkClient =
        provider === 'openai'
          ? createSdkClient({ provider, ...options })
          : createSdkClient({ provider, ...options });
      // oxlint-disable-next-line no-await-in-loop -- one provider after another
      await client.chat(say('Hello'), { signal: lifetime.signal });
      for (let index = 0; index < moments.length; index += 10) {
        const some = moments.slice(index, index + 10);
        // oxlint-disable-next-line no-await-in-loop -- ten at a time
        await Promise.all(some.map(([after, how]) => leave(client, after, how)));
      }
      expect(client.client.inFlight()).toEqual([]);
      // oxlint-disable-next-line no-await-in-loop -- as above
      await client.close();
      // oxlint-disable-next-line no-await-in-loop -- as above
      await expect
        .poll(() => upstreams[provider].requests.filter(({ state }) => state === 'open'))
        .toEqual([]);
    }

    await upstreams.close();
    await probe.check();
  },
);
