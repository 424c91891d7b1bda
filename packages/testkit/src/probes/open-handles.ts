import { createHook } from 'node:async_hooks';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One thing that the process holds open. */
export interface OpenHandle {
  /** `'TCP socket'`, `'timer'`, `'file watcher'`. */
  readonly kind: string;
  /** What is known of it: `'to 127.0.0.1:8080'`, `'of 60000 ms'`. */
  readonly detail?: string;
  /** Where it was made: `'src/pool.ts:12:30'`. A connection that a server took has no such place. */
  readonly madeAt?: string;
}

/** The handles of Node, as `async_hooks` call them, that have to be given back. */
const KINDS: Readonly<Record<string, string>> = {
  TCPWRAP: 'TCP socket',
  TCPSERVERWRAP: 'TCP server',
  PIPEWRAP: 'pipe',
  PIPESERVERWRAP: 'pipe server',
  UDPWRAP: 'UDP socket',
  Timeout: 'timer',
  FSEVENTWRAP: 'file watcher',
  STATWATCHER: 'file watcher',
  PROCESSWRAP: 'child process',
  WORKER: 'worker',
  MESSAGEPORT: 'message port',
  SIGNALWRAP: 'signal handler',
};

/** How many frames are kept of where a handle was made: enough to leave Node and the libraries. */
const FRAMES = 40;
const FRAME = /^\s*at (?:.*? \()?((?:file:\/\/|[\\/]|[A-Za-z]:[\\/]).+:\d+:\d+)\)?$/;
/** The test runner's own business: it reports to its main thread while a test runs. */
const RUNNER = /[\\/]node_modules[\\/](?:@vitest|vitest|vite|tinypool)[\\/]/;
/** The timers of {@link pause}. */
const uncounted = new WeakSet<object>();

interface Made {
  readonly kind: string;
  readonly resource: object;
  /** Its stack is written only when somebody looks. */
  readonly place: { readonly stack?: string };
}

/**
 * The handles that were made since {@link start} and are still there, those too that do not keep
 * the process alive (`unref`): a pooled socket is open even so.
 */
export class OpenHandles {
  readonly #made = new Map<number, Made>();
  readonly #onInit = (id: number, type: string, _trigger: number, resource: object): void => {
    const kind = KINDS[type];
    if (kind !== undefined) {
      this.#made.set(id, { kind, resource, place: capturePlace(this.#onInit) });
    }
  };
  readonly #hook = createHook({
    init: this.#onInit,
    destroy: (id) => {
      this.#made.delete(id);
    },
  });

  start(): void {
    this.#hook.enable();
  }

  stop(): void {
    this.#hook.disable();
  }

  /** What is open now. What the test runner made for itself is left out. */
  list(): readonly OpenHandle[] {
    return [...this.#made.values()].flatMap(({ kind, resource, place }) => {
      const frames = framesOf(place);
      if (uncounted.has(resource) || RUNNER.test(frames[0] ?? '')) return [];
      const madeAt = frames.find((frame) => !/[\\/]node_modules[\\/]/.test(frame)) ?? frames[0];
      const detail = detailOf(resource);
      return [
        {
          kind,
          ...(detail !== undefined && { detail }),
          ...(madeAt !== undefined && { madeAt: shorten(madeAt) }),
        },
      ];
    });
  }
}

/** A wait that is none of the handles. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    uncounted.add(setTimeout(resolve, ms));
  });
}

function capturePlace(hook: (...facts: never[]) => void): { readonly stack?: string } {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  const place: { stack?: string } = {};
  Error.captureStackTrace(place, hook);
  Error.stackTraceLimit = limit;
  return place;
}

/** The files that led to a handle, the innermost first; Node's own have no path. */
function framesOf({ stack = '' }: { readonly stack?: string }): readonly string[] {
  return stack.split('\n').flatMap((line) => {
    const at = FRAME.exec(line)?.[1];
    return at === undefined ? [] : [at.startsWith('file:') ? fileURLToPath(at) : at];
  });
}

function shorten(frame: string): string {
  const path = relative(process.cwd(), frame);
  return (path.startsWith('..') ? frame : path).replaceAll(sep, '/');
}

interface Socket {
  readonly getpeername?: (address: object) => number;
  readonly getsockname?: (address: object) => number;
}

interface Address {
  readonly address?: string;
  readonly port?: number;
}

function detailOf(resource: object): string | undefined {
  const { _idleTimeout: ms } = resource as { readonly _idleTimeout?: unknown };
  if (typeof ms === 'number') return `of ${ms} ms`;
  const socket = resource as Socket;
  const peer: Address = {};
  if (socket.getpeername?.(peer) === 0 && peer.port !== undefined) return `to ${show(peer)}`;
  const own: Address = {};
  if (socket.getsockname?.(own) === 0 && own.port !== undefined) return `on ${show(own)}`;
  return undefined;
}

function show({ address = '', port }: Address): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
