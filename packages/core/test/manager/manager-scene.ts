import { ManualClock } from '@linkspan/concurrency';
import {
  type CallContext,
  ConnectionError,
  createClient,
  memoryTransport,
  type Transport,
} from '@linkspan/core';
import {
  type CheckNotice,
  ClientManager,
  type HealthOptions,
  type StatusChange,
} from '@linkspan/core/manager';

/** What the wire of a test does when it is asked. */
export interface Wire {
  /** How long a probe takes. */
  probeMs: number;
  /** What connects and probes fail with. */
  error: Error | undefined;
  /** Whether connects and probes never end. */
  hangs: boolean;
  connects: number;
  probes: number;
  closes: number;
  /** The contexts that probes were given. */
  readonly contexts: CallContext[];
}

export const refused = (): ConnectionError =>
  new ConnectionError('Cannot connect to a.test: nobody listens there', { code: 'refused' });

/** A transport whose wire is as the test says, on a clock moved by hand. */
function wiredTransport(
  clock: ManualClock,
  name = 'memory',
): { readonly transport: Transport; readonly wire: Wire } {
  const wire: Wire = {
    probeMs: 0,
    error: undefined,
    hangs: false,
    connects: 0,
    probes: 0,
    closes: 0,
    contexts: [],
  };
  const act = async (ms: number): Promise<void> => {
    if (wire.hangs) await new Promise(() => {});
    if (ms > 0) await new Promise<void>((resolve) => void clock.setTimeout(resolve, ms));
    if (wire.error !== undefined) throw wire.error;
  };
  const memory = memoryTransport(
    () => {
      if (wire.error !== undefined) throw wire.error;
      return { body: name };
    },
    { name },
  );
  const transport: Transport = Object.assign(memory, {
    connect: async () => {
      wire.connects += 1;
      await act(0);
    },
    probe: async (context: CallContext) => {
      wire.probes += 1;
      wire.contexts.push(context);
      await act(wire.probeMs);
    },
    close: () => {
      wire.closes += 1;
      return Promise.resolve();
    },
  });
  return { transport, wire };
}

/** A manager on a clock moved by hand, and what it told. */
export function managerScene(options: object = {}) {
  const clock = new ManualClock();
  const changes: StatusChange[] = [];
  const checks: CheckNotice[] = [];
  const manager = new ClientManager({
    clock,
    now: () => Date.UTC(2026, 0, 1) + clock.now(),
    random: () => 0.5,
    env: {},
    onStatusChange: (change) => void changes.push(change),
    onCheck: (notice) => void checks.push(notice),
    ...options,
  });
  /** A client over a wire of its own. */
  const client = (name?: string, clientOptions: object = {}) => {
    const { transport, wire } = wiredTransport(clock, name);
    const made = createClient({
      transport,
      ownTransport: true,
      clock,
      retry: false,
      env: {},
      ...clientOptions,
    });
    return { client: made, wire };
  };
  /** The states that a client went through. */
  const states = (id: string): string[] =>
    changes.filter((change) => change.id === id).map(({ to }) => to);
  return { manager, clock, changes, checks, client, states };
}

/** A manager with one client, which is checked again and again. */
export function checkedScene(health: HealthOptions = {}, options: object = {}) {
  const scene = managerScene({ health, ...options });
  const { client, wire } = scene.client();
  scene.manager.register('api', client);
  /** Checks that take these times; `'x'` for one that fails. */
  const check = async (...times: (number | 'x')[]): Promise<void> => {
    for (const time of times) {
      wire.error = time === 'x' ? refused() : undefined;
      wire.probeMs = time === 'x' ? 0 : time;
      const checking = scene.manager.check('api');
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await scene.clock.advance(wire.probeMs);
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await checking;
    }
  };
  return { ...scene, wire, check, status: () => scene.manager.status('api') };
}

/** What a promise rejects with; it must. */
export const failure = async (promise: Promise<unknown>): Promise<unknown> =>
  await promise.then(
    () => {
      throw new Error('Expected a failure, found a value');
    },
    (error: unknown) => error,
  );
