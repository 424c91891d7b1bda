import { summarizeCause } from './summarize-cause.ts';

/** What went wrong, in one word. The union is closed: an exhaustive `switch` over it compiles. */
export type FailureKind =
  | 'config'
  | 'timeout'
  | 'closed'
  | 'circuit-open'
  | 'pool-exhausted'
  | 'rate-limit'
  | 'network'
  | 'message'
  | 'protocol'
  | 'stream-incomplete'
  | 'stream-gap'
  | 'http'
  | 'rpc'
  | 'transport';

/** Where in its life a call was. */
export type Phase =
  | 'queue'
  | 'dns'
  | 'connect'
  | 'tls'
  | 'send'
  | 'headers'
  | 'body'
  | 'idle'
  | 'backoff'
  | 'close';

/** Whether another try may help: always, never, or only for a request that may be done twice. */
export type Retryable = 'yes' | 'no' | 'if-idempotent';

/** Whether the request may have reached the peer. */
export type Sent = 'no' | 'maybe' | 'yes';

/** What a failure knows beside its message. What is left out takes the default of its class. */
export interface FailureFacts {
  /** The fine-grained name, stable across versions: `'connection_reset'`, `'body_truncated'`. */
  readonly code?: string | undefined;
  readonly phase?: Phase | undefined;
  readonly retryable?: Retryable | undefined;
  readonly sent?: Sent | undefined;
  /** How long the peer, or a local limit, asks to wait before the next try. */
  readonly retryAfterMs?: number | undefined;
  /** The peer's name for the request, for its support. */
  readonly requestId?: string | undefined;
  readonly attempts?: number | undefined;
  readonly transport?: string | undefined;
  readonly cause?: unknown;
}

/** Shared by every copy of this package in a process, so that copies recognise one another's errors. */
const brand: unique symbol = Symbol.for('linkspan.error') as never;

/**
 * The root of every failure of Linkspan. `instanceof` works across duplicate installs of this
 * package, for this class and for all below it.
 *
 * The `cause` is the lower library's error, unchanged, for programs that look into it. What prints
 * this error (`toJSON()`, the console, `util.inspect`) shows only a summary of it: name, code and
 * message, without what looks like a credential.
 */
export abstract class LinkspanError extends Error {
  abstract readonly kind: FailureKind;
  /** The fine-grained name; also `error.type` of spans and metrics. */
  readonly code: string;
  readonly phase: Phase | undefined;
  /** Whether another try may help. */
  readonly retryable: Retryable;
  /** Whether the request may have reached the peer. */
  readonly sent: Sent;
  /** How long to wait before the next try, in milliseconds, where somebody said so. */
  readonly retryAfterMs: number | undefined;
  /** The peer's name for the request. */
  readonly requestId: string | undefined;
  /** How many times the request was tried. Set by the layer that retries. */
  attempts: number;
  /** The name of the transport; set by the client where the failure does not know it. */
  transport: string | undefined;

  constructor(message: string, facts: FailureFacts & { readonly code: string }) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = facts.code;
    this.phase = facts.phase;
    this.retryable = facts.retryable ?? 'no';
    this.sent = facts.sent ?? 'no';
    this.retryAfterMs = facts.retryAfterMs;
    this.requestId = facts.requestId;
    this.attempts = facts.attempts ?? 1;
    this.transport = facts.transport;
  }

  static {
    nameErrorClass(this, 'LinkspanError');
    // What the console and `util.inspect` of Node call.
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: LinkspanError, _depth: number, options: object, inspect: Inspect): string {
        const { name: _name, message: _message, ...facts } = this.toJSON();
        return `${this.stack ?? `${this.name}: ${this.message}`} ${inspect(facts, options)}`;
      },
    });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
    if (typeof value !== 'object' || value === null || !Object.hasOwn(this.prototype, brand))
      return false;
    const names: unknown = (value as { readonly [brand]?: unknown })[brand];
    return Array.isArray(names) && names.includes(this.prototype.name);
  }

  /** The facts that are known, and a summary of the cause, without the stack. Safe to log. */
  toJSON(): Record<string, unknown> {
    const json: Record<string, unknown> = { name: this.name, message: this.message };
    for (const [key, value] of Object.entries(this)) {
      if (value !== undefined && key !== 'cause') json[key] = value;
    }
    if (this.cause !== undefined) json['cause'] = summarizeCause(this.cause);
    return json;
  }
}

type Inspect = (value: unknown, options: object) => string;

/** Whether something thrown is a failure of Linkspan, of any copy of this package. */
export function isLinkspanError(error: unknown): error is LinkspanError {
  return error instanceof LinkspanError;
}

/** Gives an error class its name, also in minified code, and the brand of itself and its ancestors. */
export function nameErrorClass(errorClass: { readonly prototype: Error }, name: string): void {
  const { prototype } = errorClass;
  const ancestors = (Object.getPrototypeOf(prototype) as { readonly [brand]?: readonly string[] })[
    brand
  ];
  Object.defineProperty(prototype, 'name', { value: name, configurable: true, writable: true });
  Object.defineProperty(prototype, brand, { value: [...(ancestors ?? []), name] });
}

/** The facts, with a class's defaults where they say nothing. */
export function withDefaults<Facts extends FailureFacts, Defaults extends FailureFacts>(
  defaults: Defaults,
  facts: Facts,
): Facts & Defaults {
  const all = { ...defaults } as Record<string, unknown>;
  for (const [name, value] of Object.entries(facts)) {
    if (value !== undefined) all[name] = value;
  }
  return all as Facts & Defaults;
}
