import { ManualClock } from '@linkspan/concurrency';
import { type CallContext, ConnectionError } from '@linkspan/core';
import { ClientManager, type ClientState, type StatusChange } from '@linkspan/core/manager';
import fc from 'fast-check';
import { expect, it } from 'vitest';

/** `LINKSPAN_MODEL_STEPS=100000` for a long run. */
const longRun = process.env['LINKSPAN_MODEL_STEPS'];
let taken = 0;

const HEALTH = { intervalMs: 1_000, timeoutMs: 200, jitter: 0.5, downAfter: 2, upAfter: 2 };
const IDS = ['a', 'b', 'c'] as const;
type Id = (typeof IDS)[number];
type Wire = 'up' | 'down' | 'hangs';

/** What may follow each state. */
const FOLLOWS: Readonly<Record<ClientState, readonly ClientState[]>> = {
  idle: ['connecting', 'connected', 'degraded', 'error', 'disconnected'],
  connecting: ['connected', 'error', 'disconnected'],
  connected: ['degraded', 'error', 'disconnected'],
  degraded: ['connected', 'error', 'disconnected'],
  error: ['connecting', 'connected', 'degraded', 'disconnected'],
  disconnected: [],
};

/** A client whose wire does what it is told, and that counts what is open at it. */
class FakeClient {
  wire: Wire = 'up';
  open = 0;
  closes = 0;
  readonly transport = { name: 'fake', probe: (context: CallContext) => this.#act(context.signal) };

  connect(): Promise<void> {
    return this.#act(undefined);
  }

  close(): Promise<void> {
    this.closes += 1;
    return Promise.resolve();
  }

  async #act(signal: AbortSignal | undefined): Promise<void> {
    if (this.wire === 'down') throw new ConnectionError('down');
    if (this.wire === 'up') return;
    this.open += 1;
    await new Promise<void>((resolve) => {
      signal?.addEventListener('abort', () => resolve());
    });
    this.open -= 1;
  }
}

interface Expected {
  /** The clients that are registered, and whether they were closed. */
  readonly registered: Map<Id, { readonly client: FakeClient; closed: boolean }>;
  isClosed: boolean;
}

interface Real {
  readonly manager: ClientManager;
  readonly clock: ManualClock;
  readonly all: FakeClient[];
  readonly changes: StatusChange[];
  /** Calls that are not waited for at once: they must all end. */
  readonly pending: Promise<unknown>[];
}

type Command = fc.AsyncCommand<Expected, Real>;

const settled = (promise: Promise<unknown>): Promise<unknown> => promise.catch(() => undefined);

function command(
  name: string,
  run: (expected: Expected, real: Real) => Promise<void> | void,
): Command {
  return {
    check: () => true,
    run: async (expected, real) => {
      taken += 1;
      await run(expected, real);
      checkInvariants(expected, real);
    },
    toString: () => name,
  };
}

function checkInvariants({ registered, isClosed }: Expected, { manager, clock }: Real): void {
  const { clients, states } = manager.status();
  expect(manager.ids()).toEqual([...registered.keys()]);
  expect(Object.values(states).reduce((sum, count) => sum + count, 0)).toBe(registered.size);
  for (const [id, { client, closed }] of registered) {
    const status = clients[id];
    expect(manager.get(id)).toBe(client);
    expect(status?.state === 'disconnected').toBe(closed || isClosed);
    expect(client.closes).toBe(closed || isClosed ? 1 : 0);
    if (status?.state === 'error') expect(status.lastError).toBeDefined();
  }
  expect(JSON.parse(JSON.stringify(manager.status()))).toEqual(manager.status());
  // Each live client has the timer of its next check, or those of what is under way.
  const live = [...registered.values()].filter(({ closed }) => !closed && !isClosed).length;
  expect(clock.pendingTimers).toBeLessThanOrEqual(live * 3);
}

const id = fc.constantFrom(...IDS);
const commands = [
  id.map((name) =>
    command(`register ${name}`, (expected, real) => {
      const client = new FakeClient();
      const register = () => real.manager.register(name, client, { ownClient: true });
      if (expected.isClosed || expected.registered.has(name)) {
        // oxlint-disable-next-line vitest/no-standalone-expect -- the commands run in the tests below
        expect(register).toThrow(/^Cannot register/);
        return;
      }
      register();
      real.all.push(client);
      expected.registered.set(name, { client, closed: false });
    }),
  ),
  fc.tuple(id, fc.constantFrom<Wire>('up', 'down', 'hangs')).map(([name, wire]) =>
    command(`${name} is ${wire}`, ({ registered }) => {
      const entry = registered.get(name);
      if (entry !== undefined) entry.client.wire = wire;
    }),
  ),
  id.map((name) =>
    command(`connect ${name}`, (_expected, { manager, pending }) => {
      pending.push(settled(manager.connect(name)));
    }),
  ),
  fc.tuple(id, fc.boolean()).map(([name, leave]) =>
    command(`check ${name}${leave ? ' and leave' : ''}`, ({ registered }, { manager, pending }) => {
      const controller = new AbortController();
      const checking = manager.check(name, { signal: controller.signal });
      // Only an id that nobody knows makes it throw.
      pending.push(registered.has(name) ? checking : settled(checking));
      if (leave) controller.abort();
    }),
  ),
  fc.constant(
    command('check all', (_expected, { manager, pending }) => {
      pending.push(manager.checkAll(), manager.connectAll());
    }),
  ),
  fc.integer({ min: 0, max: 3_000 }).map((ms) =>
    command(`advance ${ms}`, async (_expected, { clock }) => {
      await clock.advance(ms);
    }),
  ),
  id.map((name) =>
    command(`close ${name}`, ({ registered }, { manager, pending }) => {
      pending.push(settled(manager.close(name)));
      const entry = registered.get(name);
      if (entry !== undefined) entry.closed = true;
    }),
  ),
  id.map((name) =>
    command(`unregister ${name}`, ({ registered }, { manager, pending }) => {
      pending.push(settled(manager.unregister(name)));
      registered.delete(name);
    }),
  ),
  fc.constant(
    command('close the manager', (expected, { manager, pending }) => {
      pending.push(manager.close());
      expected.isClosed = true;
    }),
  ),
];

it('C5 C13 C15 C20 keeps its word through whatever order of registers, connects, failures, checks and closes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: 'max' }), async (run) => {
      const clock = new ManualClock();
      const changes: StatusChange[] = [];
      const manager = new ClientManager({
        clock,
        health: HEALTH,
        concurrency: 2,
        connectMs: 500,
        now: () => 0,
        onStatusChange: (change) => void changes.push(change),
      });
      const real: Real = { manager, clock, all: [], changes, pending: [] };
      const expected: Expected = { registered: new Map(), isClosed: false };

      await fc.asyncModelRun(() => ({ model: expected, real }), run);
      await manager.close();
      await clock.advance(0);
      await Promise.all(real.pending);

      for (const { from, to } of changes) expect(FOLLOWS[from]).toContain(to);
      for (const client of real.all) expect(client.closes).toBe(1);
      expect(clock.pendingTimers).toBe(0);
      await clock.advance(10_000);
      expect(manager.status().states.disconnected).toBe(manager.size);
    }),
    // A run has thirty on average.
    longRun === undefined ? {} : { numRuns: Math.ceil(Number(longRun) / 25) },
  );
  if (longRun !== undefined) console.log(`ClientManager: ${taken} steps`);
});

it('C15 comes to the state that its wire is in, from whatever state', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom<Wire>('up', 'down', 'hangs'), { maxLength: 20 }),
      fc.constantFrom<Wire>('up', 'down', 'hangs'),
      async (past, last) => {
        const clock = new ManualClock();
        const client = new FakeClient();
        const manager = new ClientManager({ clock, health: HEALTH }).register('a', client);
        for (const wire of past) {
          client.wire = wire;
          // oxlint-disable-next-line no-await-in-loop -- one after another
          await clock.advance(1_000);
        }

        client.wire = last;
        // Two checks that began after it, at the longest interval and the longest time each takes.
        await clock.advance(200 + 2 * (1_500 + 200));

        const { state } = manager.status('a');
        expect(state).toBe(last === 'up' ? 'connected' : 'error');
        await manager.close();
        expect(clock.pendingTimers).toBe(0);
      },
    ),
  );
});
