import { ManualClock } from '@linkspan/concurrency';
import { isLinkspanError, type LinkspanError, RpcError } from '@linkspan/core';
import { rpc } from '@linkspan/core/rpc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { channelPair } from './channel-pair.ts';

/** What happens next, to one of those that it can happen to. */
interface Step {
  readonly action:
    | 'request'
    | 'answer'
    | 'fail'
    | 'answer-twice'
    | 'abort'
    | 'advance'
    | 'hold'
    | 'accept';
  readonly which: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  action: fc.constantFrom(
    'request',
    'request',
    'answer',
    'answer',
    'fail',
    'answer-twice',
    'abort',
    'advance',
    'hold',
    'accept',
  ),
  which: fc.nat(1_000),
});

const settle = (): Promise<void> => new ManualClock().advance(0);

/** A request as the test follows it. */
interface Followed {
  readonly tag: number;
  readonly controller: AbortController;
  readonly outcomes: unknown[];
  aborted: boolean;
}

/** Whether what a request settled with is its own: its answer, its abort, or a failure of the channel. */
function isOwn(outcome: unknown, tag: number, aborted: boolean): boolean {
  if (outcome instanceof RpcError) return outcome.data === tag;
  return isLinkspanError(outcome) || outcome === tag || (aborted && outcome === `abort ${tag}`);
}

describe('rpc()', () => {
  it('settles every request exactly once, with its own answer, whatever happens in between', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.constantFrom('drop', 'close'),
        async (steps, end) => {
          const clock = new ManualClock();
          const [near, far] = channelPair();
          const peer = rpc(near, { clock, maxInFlight: 4, totalMs: 1_000 });
          const requests: Followed[] = [];
          // The calls that the far side has heard and not answered: id and tag.
          const heard: { id: number; tag: number }[] = [];
          const cancelled: number[] = [];
          void (async () => {
            for await (const text of far) {
              const message = JSON.parse(text as string) as {
                id?: number;
                params: [number] & { id: number };
              };
              if (message.id === undefined) cancelled.push(message.params.id);
              else heard.push({ id: message.id, tag: message.params[0] });
            }
          })().catch(() => {});

          for (const { action, which } of steps) {
            const call = heard[which % Math.max(1, heard.length)];
            if (action === 'request') {
              const controller = new AbortController();
              const followed: Followed = {
                tag: requests.length,
                controller,
                outcomes: [],
                aborted: false,
              };
              requests.push(followed);
              peer.request('echo', [followed.tag], { signal: controller.signal }).then(
                (value) => followed.outcomes.push(value),
                (error: unknown) => followed.outcomes.push(error),
              );
            } else if (action === 'abort') {
              const one = requests[which % Math.max(1, requests.length)];
              if (one !== undefined) one.aborted = one.outcomes.length === 0 || one.aborted;
              one?.controller.abort(`abort ${one.tag}`);
            } else if (action === 'advance') await clock.advance(which);
            else if (action === 'hold') near.accepts = false;
            else if (action === 'accept') near.accept();
            else if (call !== undefined) {
              heard.splice(heard.indexOf(call), 1);
              const { id, tag } = call;
              const answer =
                action === 'fail'
                  ? { jsonrpc: '2.0', id, error: { code: 1, message: 'no', data: tag } }
                  : { jsonrpc: '2.0', id, result: tag };
              await far.send(answer);
              if (action === 'answer-twice')
                await far.send({ jsonrpc: '2.0', id, result: 'twice' });
            }
            await settle();
          }
          if (end === 'drop') far.drop();
          else await peer.close();
          await peer.closed;
          await settle();

          for (const { tag, outcomes, aborted } of requests) {
            expect(outcomes).toHaveLength(1);
            expect(isOwn(outcomes[0], tag, aborted), String(outcomes[0])).toBe(true);
          }
          expect(new Set(cancelled).size).toBe(cancelled.length);
          expect(clock.pendingTimers).toBe(0);
        },
      ),
    );
  });

  it('never says that a request was not sent when the peer has heard it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const clock = new ManualClock();
        const [near, far] = channelPair();
        const peer = rpc(near, { clock, maxInFlight: 3, totalMs: 1_000 });
        const errors = new Map<number, unknown>();
        let count = 0;
        for (const { action, which } of steps) {
          if (action === 'request') {
            const tag = count++;
            peer.request('echo', [tag]).catch((error: unknown) => errors.set(tag, error));
          } else if (action === 'advance') await clock.advance(which);
          else if (action === 'hold') near.accepts = false;
          else if (action === 'accept') near.accept();
          await settle();
        }
        far.drop();
        await peer.closed;
        await settle();

        const heard = near.sent.map(
          (text) => JSON.parse(text as string) as { id?: number; params: [number] },
        );
        const calls = heard.filter(({ id }) => id !== undefined);
        const told = calls.map(({ params }) => (errors.get(params[0]) as LinkspanError).sent);
        expect(told).toEqual(calls.map(() => 'maybe'));
        expect(errors.size).toBe(count);
      }),
    );
  });
});
