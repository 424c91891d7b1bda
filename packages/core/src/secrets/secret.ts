/** What every printed form of a secret shows. */
export const REDACTED = '[redacted]';

const values = new WeakMap<Secret, string>();

/**
 * A string that cannot be printed by accident: `String()`, templates, JSON, `util.inspect` and the
 * console all show `[redacted]`. Only {@link Secret.reveal} gives the value.
 */
export class Secret {
  static {
    // What the console and `util.inspect` of Node call.
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value: () => REDACTED,
    });
  }

  /** @throws TypeError when the value is not a string. */
  constructor(value: string) {
    if (typeof value !== 'string') {
      throw new TypeError(`Cannot make a secret: expected a string, found ${typeof value}`);
    }
    values.set(this, value);
  }

  /** The value itself. Call it at the last moment, where the wire needs it. */
  reveal(): string {
    const value = values.get(this);
    if (value === undefined) throw new TypeError('Cannot reveal a secret that was not constructed');
    return value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  get [Symbol.toStringTag](): string {
    return 'Secret';
  }
}

/** Wraps a value in a {@link Secret}; one that is a secret already is given back as it is. */
export function secret(value: string | Secret): Secret {
  return value instanceof Secret ? value : new Secret(value);
}
