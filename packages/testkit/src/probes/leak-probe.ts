import { AssertionError } from 'node:assert';
import { parseSettings, setting, type SettingsTable, summarizeCause } from '@linkspan/core';
import { heapSize } from './heap-size.ts';
import {
  type AddedListeners,
  isListened,
  ListenerCounts,
  type Listened,
} from './listener-counts.ts';
import { type OpenHandle, OpenHandles, pause } from './open-handles.ts';

/** What a {@link leakProbe} looks at beside the process. */
export interface LeakProbeOptions {
  /** Emitters and signals whose listeners are counted, by the names that a failure tells. */
  readonly listeners?: Readonly<Record<string, Listened>> | undefined;
  /**
   * How much more the heap, and the buffers beside it, may hold at the end, in bytes. Measuring
   * collects garbage. @default the heap is not measured
   */
  readonly maxHeapGrowthBytes?: number | undefined;
  /** Handles that may stay. @default none */
  readonly ignore?: ((handle: OpenHandle) => boolean) | undefined;
}

/** What is there that was not there before. */
export interface LeakReport {
  /** Sockets, servers, timers and their like, each one that was made meanwhile and is still open. */
  readonly handles: readonly OpenHandle[];
  /** Work of Node's that is under way, by its kind in `process.getActiveResourcesInfo()`. */
  readonly requests: Readonly<Record<string, number>>;
  readonly listeners: readonly AddedListeners[];
  /** What promises were rejected with that nobody handled. */
  readonly rejections: readonly unknown[];
  /** Every warning of the process; {@link LeakProbe.check} fails on too many listeners only. */
  readonly warnings: readonly Error[];
  /** In bytes; `undefined` where the heap is not measured. */
  readonly heapGrowthBytes: number | undefined;
}

/** How long a {@link LeakProbe} waits. */
export interface LeakCheckOptions {
  /** How long what is left may take to go, in milliseconds. @default 1_000 */
  readonly withinMs?: number | undefined;
}

/** A look at the process before and after. It ends with its {@link check}, or when it is disposed. */
export interface LeakProbe extends Disposable {
  /** What is left at this moment, as data. */
  report(): LeakReport;
  /**
   * Waits until nothing is left, and ends the probe. Asked again, it tells the same.
   *
   * @throws AssertionError that lists what is left, when something is left after `withinMs`; its
   * `actual` is the {@link LeakReport}.
   */
  check(options?: LeakCheckOptions): Promise<void>;
}

interface Settings {
  readonly listeners: Readonly<Record<string, Listened>>;
  readonly maxHeapGrowthBytes: number | undefined;
  readonly ignore: ((handle: OpenHandle) => boolean) | undefined;
}

const probeSettings: SettingsTable<Settings, LeakProbeOptions> = {
  listeners: setting.record(
    setting.custom<Listened>({
      expected: 'an EventEmitter or an AbortSignal',
      check: (value) => (isListened(value) ? value : undefined),
    }),
    { default: {}, env: false },
  ),
  maxHeapGrowthBytes: setting.number({ optional: true, min: 0 }),
  ignore: setting.callback<(handle: OpenHandle) => boolean>({ optional: true }),
};

const checkSettings: SettingsTable<{ readonly withinMs: number }, LeakCheckOptions> = {
  withinMs: setting.durationMs({ default: 1_000, min: 0, finite: true }),
};

/**
 * Takes a picture of the process, and tells afterwards what is left of what happened since: open
 * sockets, servers, timers and other handles, with the place where each was made; listeners;
 * promises that were rejected while nobody looked; warnings of too many listeners; the growth of
 * the heap. What was there before is not told, so it works in the workers of test runners too.
 *
 * While it looks, an unhandled rejection does not end the process: `check()` fails instead. Promises
 * are slower meanwhile, so that a benchmark has no place beside it.
 *
 * ```ts
 * const probe = leakProbe({ listeners: { 'the signal': controller.signal } });
 * await useAndClose(controller.signal);
 * await probe.check();
 * ```
 *
 * @throws ConfigurationError when an option is wrong.
 */
export function leakProbe(options: LeakProbeOptions = {}): LeakProbe {
  return new ProcessProbe(parseSettings('leakProbe()', probeSettings, options));
}

/** How often is looked, in milliseconds. */
const POLL_MS = 5;

class ProcessProbe implements LeakProbe {
  readonly #settings: Settings;
  readonly #handles = new OpenHandles();
  readonly #listeners: ListenerCounts;
  readonly #requests = countRequests();
  readonly #rejections = new Map<Promise<unknown>, unknown>();
  readonly #warnings: Error[] = [];
  readonly #heapBytes: number | undefined;
  #verdict: Promise<void> | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
    process.on('unhandledRejection', this.#onRejection);
    process.on('rejectionHandled', this.#onHandled);
    process.on('warning', this.#onWarning);
    // After its own listeners, so that they count as there before.
    this.#listeners = new ListenerCounts({ ...settings.listeners, process });
    if (settings.maxHeapGrowthBytes !== undefined) this.#heapBytes = heapSize();
    this.#handles.start();
  }

  report(): LeakReport {
    const { ignore } = this.#settings;
    const handles = this.#handles.list();
    return {
      handles: ignore === undefined ? handles : handles.filter((handle) => !ignore(handle)),
      requests: growth(this.#requests, countRequests()),
      listeners: this.#listeners.added(),
      rejections: [...this.#rejections.values()],
      warnings: [...this.#warnings],
      heapGrowthBytes: this.#heapBytes === undefined ? undefined : heapSize() - this.#heapBytes,
    };
  }

  check(options: LeakCheckOptions = {}): Promise<void> {
    this.#verdict ??= this.#check(options);
    return this.#verdict;
  }

  [Symbol.dispose](): void {
    this.#handles.stop();
    process.off('unhandledRejection', this.#onRejection);
    process.off('rejectionHandled', this.#onHandled);
    process.off('warning', this.#onWarning);
  }

  async #check(options: LeakCheckOptions): Promise<void> {
    try {
      const { withinMs } = parseSettings('LeakProbe.check()', checkSettings, options);
      const end = performance.now() + withinMs;
      // Rejections and the ends of handles are told only after the turn they happen in.
      await turn();
      let left = this.#left();
      while (left.found.length > 0 && performance.now() < end) {
        // oxlint-disable-next-line no-await-in-loop -- one look after another
        await pause(POLL_MS);
        left = this.#left();
      }
      if (left.found.length > 0) throw leakError(left.found, left.report);
    } finally {
      this[Symbol.dispose]();
    }
  }

  #left(): { readonly report: LeakReport; readonly found: readonly string[] } {
    const report = this.report();
    return { report, found: describe(report, this.#settings.maxHeapGrowthBytes ?? Infinity) };
  }

  readonly #onRejection = (reason: unknown, promise: Promise<unknown>): void => {
    this.#rejections.set(promise, reason);
  };

  readonly #onHandled = (promise: Promise<unknown>): void => {
    this.#rejections.delete(promise);
  };

  readonly #onWarning = (warning: Error): void => {
    this.#warnings.push(warning);
  };
}

/** What {@link OpenHandles} tells one by one. */
const TOLD_AS_HANDLES =
  /^(?:TCP(?:Socket|Server)|Pipe(?:Server)?|UDP|FSEvent|Process|Signal)Wrap$|^(?:Timeout|StatWatcher|Worker|MessagePort)$/;

function countRequests(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (!TOLD_AS_HANDLES.test(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function growth(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Readonly<Record<string, number>> {
  const grown = [...after].map(([kind, count]) => [kind, count - (before.get(kind) ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, count]) => count > 0));
}

function describe(report: LeakReport, maxHeapGrowthBytes: number): readonly string[] {
  const { heapGrowthBytes = 0 } = report;
  return [
    ...report.handles.map(({ kind, detail, madeAt }) =>
      [`a ${kind}`, detail, madeAt === undefined ? undefined : `made at ${madeAt}`]
        .filter((part) => part !== undefined)
        .join(' '),
    ),
    ...Object.entries(report.requests).map(([kind, count]) => `${count} ${kind} under way`),
    ...report.listeners.map(
      ({ on, event, count }) =>
        `${count} listener${count === 1 ? '' : 's'} for '${event}' on ${on}`,
    ),
    ...report.rejections.map((reason) => `an unhandled rejection: ${summary(reason)}`),
    ...report.warnings
      .filter(({ name }) => name === 'MaxListenersExceededWarning')
      .map((warning) => `a warning: ${summary(warning)}`),
    ...(heapGrowthBytes > maxHeapGrowthBytes
      ? [`${heapGrowthBytes} bytes more on the heap; expected at most ${maxHeapGrowthBytes}`]
      : []),
  ];
}

function summary(reason: unknown): string {
  const { name, message } = summarizeCause(reason);
  return `${name}: ${message}`;
}

function leakError(found: readonly string[], actual: LeakReport): AssertionError {
  const lines = ['Cannot find the process as it was before; what is left:', ...found];
  return new AssertionError({ message: lines.join('\n  - '), actual, operator: 'leakProbe' });
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
