import {
  type FailureFacts,
  LinkspanError,
  nameErrorClass,
  withDefaults,
} from './linkspan-error.ts';

/** One thing wrong with the configuration. */
export interface ConfigurationIssue {
  /** The option, as the user writes it: `'retry.maxRetries'`. */
  readonly option: string;
  /** What was expected and what was found; the value of a secret is never told. */
  readonly message: string;
}

/** The configuration is wrong. Every issue is listed, not only the first. */
export class ConfigurationError extends LinkspanError {
  static {
    nameErrorClass(this, 'ConfigurationError');
  }
  override readonly kind = 'config';
  readonly issues: readonly ConfigurationIssue[];

  constructor(
    message: string,
    facts: FailureFacts & { readonly issues?: readonly ConfigurationIssue[] } = {},
  ) {
    super(message, withDefaults({ code: 'config' }, facts));
    this.issues = facts.issues ?? [];
  }
}

/** The clocks of a call: each limit has its own name, and the error says which one ran out. */
export type ClockName =
  | 'connectMs'
  | 'handshakeMs'
  | 'attemptMs'
  | 'firstEventMs'
  | 'idleMs'
  | 'eventIdleMs'
  | 'totalMs'
  | 'queueMs'
  | 'pongMs';

/** A clock ran out. */
export class TimeoutError extends LinkspanError {
  static {
    nameErrorClass(this, 'TimeoutError');
  }
  override readonly kind = 'timeout';
  /** The option whose limit was reached. */
  readonly clock: ClockName;
  readonly limitMs: number;
  readonly elapsedMs: number;

  constructor(
    message: string,
    facts: FailureFacts & {
      readonly clock: ClockName;
      readonly limitMs: number;
      readonly elapsedMs: number;
    },
  ) {
    super(message, withDefaults({ code: 'timeout' }, facts));
    this.clock = facts.clock;
    this.limitMs = facts.limitMs;
    this.elapsedMs = facts.elapsedMs;
  }
}

/** The client, transport or channel was closed. */
export class ClosedError extends LinkspanError {
  static {
    nameErrorClass(this, 'ClosedError');
  }
  override readonly kind = 'closed';

  constructor(message: string, facts: FailureFacts = {}) {
    super(message, withDefaults({ code: 'closed', phase: 'close' }, facts));
  }
}

/**
 * The circuit breaker is open: nothing was sent.
 *
 * `retryAfterMs` says how long it stays so; it is undefined while a trial finds out.
 */
export class CircuitOpenError extends LinkspanError {
  static {
    nameErrorClass(this, 'CircuitOpenError');
  }
  override readonly kind = 'circuit-open';

  constructor(message: string, facts: FailureFacts = {}) {
    super(message, withDefaults({ phase: 'queue', code: 'circuit_open' }, facts));
  }
}

/** The queue for a connection is full: nothing was sent. */
export class PoolExhaustedError extends LinkspanError {
  static {
    nameErrorClass(this, 'PoolExhaustedError');
  }
  override readonly kind = 'pool-exhausted';

  constructor(message: string, facts: FailureFacts = {}) {
    super(
      message,
      withDefaults({ retryable: 'yes', phase: 'queue', code: 'pool_exhausted' }, facts),
    );
  }
}

/** The local rate limiter refused the call: nothing was sent. */
export class RateLimitExceededError extends LinkspanError {
  static {
    nameErrorClass(this, 'RateLimitExceededError');
  }
  override readonly kind = 'rate-limit';

  constructor(message: string, facts: FailureFacts = {}) {
    super(
      message,
      withDefaults({ retryable: 'yes', phase: 'queue', code: 'rate_limit_exceeded' }, facts),
    );
  }
}
