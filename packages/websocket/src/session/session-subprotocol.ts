import { SESSION_SUBPROTOCOL } from './session-frame.ts';

/** What a subprotocol that was agreed to says. */
export interface AgreedSubprotocol {
  /** Whether the connection carries a session. */
  readonly isSession: boolean;
  /** The application's own; `''` for none. */
  readonly subprotocol: string;
}

/**
 * What a client offers that wants a session: with each of the application's own subprotocols behind a
 * `+`, as a server agrees to one alone. With `orPlain` they stand behind, as they are.
 */
export function offerSession(own: readonly string[], orPlain: boolean): readonly string[] {
  const offered =
    own.length === 0 ? [SESSION_SUBPROTOCOL] : own.map((name) => `${SESSION_SUBPROTOCOL}+${name}`);
  return orPlain ? [...offered, ...own] : offered;
}

/** Reads the subprotocol that was agreed to; `''` for none. */
export function readSubprotocol(agreed: string): AgreedSubprotocol {
  if (agreed === SESSION_SUBPROTOCOL) return { isSession: true, subprotocol: '' };
  const isSession = agreed.startsWith(`${SESSION_SUBPROTOCOL}+`);
  return {
    isSession,
    subprotocol: isSession ? agreed.slice(SESSION_SUBPROTOCOL.length + 1) : agreed,
  };
}

/**
 * What a server agrees to, of what a client offers: the first that it knows, a session before others.
 * `false` for none.
 */
export function selectSubprotocol(
  offered: Iterable<string>,
  known: readonly string[],
  orPlain: boolean,
): string | false {
  const names = [...offered];
  const isKnown = (name: string): boolean =>
    name === '' ? known.length === 0 : known.includes(name);
  const session = names.find((name) => {
    const { isSession, subprotocol } = readSubprotocol(name);
    return isSession && isKnown(subprotocol);
  });
  return session ?? (orPlain && names.find((name) => known.includes(name))) ?? false;
}
