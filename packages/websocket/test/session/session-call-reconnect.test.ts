import { ManualClock } from '@linkspan/concurrency';
import { type AttemptBudget, createClient } from '@linkspan/core';
import { SessionLostError, webSocketTransport } from '@linkspan/websocket';
import { describe, expect, it, onTestFinished } from 'vitest';
import { collect } from '../until.ts';
import { connect, contextOf, request, within } from './call-scene.ts';
import { serve } from './socket-scene.ts';

const atOnce = { baseDelayMs: 0, maxDelayMs: 0 };

const echo: Parameters<typeof serve>[0] = async (session) => {
  for await (const message of session) await session.send(message);
};

function spy() {
  const asked: string[] = [];
  const budget: AttemptBudget = {
    record: ({ target }) => void asked.push(`call ${target}`),
    take: (of) => asked.push(`again ${of?.target}`) > 0,
  };
  return { asked, budget };
}

describe('webSocketTransport({ session, reconnect })', () => {
  it('makes connections again as it says', async () => {
    const { server, proxy } = await serve(echo, { closeMs: 10 });
    const waits: number[] = [];
    const { client, clock } = connect(proxy.url, {
      reconnect: { maxAttempts: 3, maxDelayMs: 0, onRetry: ({ attempt }) => waits.push(attempt) },
    });
    const channel = await client.open(request);
    const reading = collect(channel).catch((thrown: unknown) => thrown);
    await server.close();
    const error = await within(clock, reading);

    expect(error).toBeInstanceOf(SessionLostError);
    expect(waits).toEqual([1, 2, 3]);
    expect((error as SessionLostError).cause).toMatchObject({ attempts: 3 });
  });

  it('records each call once, and asks for what comes behind it', async () => {
    const { proxy } = await serve(echo, { closeMs: 10 });
    const { asked, budget } = spy();
    const { client, transport, clock } = connect(proxy.url, { reconnect: { ...atOnce, budget } });
    const channel = await client.open(request);
    const messages = channel[Symbol.asyncIterator]();
    proxy.breakAll();
    await channel.send('hello');
    expect((await within(clock, messages.next())).value).toBe('hello');
    const { body } = await transport.send(request, contextOf(clock, { attempt: 2 }));
    await body.cancel();

    expect(asked).toEqual([`call ${proxy.url}/talk`, `again ${proxy.url}/talk`]);
  });

  it('does not record what the retries of the client have recorded in the same budget', async () => {
    const { server } = await serve(echo, { closeMs: 10 });
    const { asked, budget } = spy();
    const transport = webSocketTransport({
      baseUrl: server.url,
      session: true,
      reconnect: { budget },
    });
    const client = createClient({ transport, ownTransport: true, retry: { budget } });
    onTestFinished(() => client.close());
    const channel = await client.open(request);
    await channel.close();

    expect(asked).toEqual(['call /talk']);
  });

  it('shares one budget among the calls of a transport: thirty further attempts in ten seconds', async () => {
    const { server, proxy } = await serve(echo, { closeMs: 10 });
    const { client, clock } = connect(proxy.url, { reconnect: { ...atOnce, maxAttempts: 20 } });
    const channels = await Promise.all([1, 2, 3].map(() => client.open(request)));
    const reading = channels.map((channel) => collect(channel).catch((thrown: unknown) => thrown));
    await server.close();
    // The clock stands still: its budget forgets nothing.
    const errors = await within(clock, Promise.all(reading), 0);

    const attempts = errors.map(
      (error) => ((error as SessionLostError).cause as { attempts: number }).attempts,
    );
    expect(attempts.reduce((sum, each) => sum + each, 0)).toBe(30);
  });

  it('tells that there is nothing to make again without a session', () => {
    const clock = new ManualClock();
    expect(() => webSocketTransport({ clock, reconnect: { maxAttempts: 3 } })).toThrow(
      'Cannot configure webSocketTransport(): reconnect: expected session as well: without one, a connection that breaks is not made again',
    );
  });
});
