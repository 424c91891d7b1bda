import type { TimerHandle } from '@linkspan/concurrency';
import type { CloseFrame } from '../close-codes.ts';
import { showMs } from '../show-ms.ts';
import type { WireMessage } from '../wire/inbox.ts';
import { type HelloFrame, readFrame, writeFrame } from './session-frame.ts';
import type { SessionClocks, SessionSettings } from './session-options.ts';
import { SESSION_CODES, type SessionWire } from './session-wire.ts';
import { Session } from './session.ts';

/** What a {@link SessionHost} works with. */
export interface HostSettings extends SessionSettings, SessionClocks {
  readonly graceMs: number;
  readonly maxSessions: number;
}

/** A connection, as a host sees it. */
export interface HostedConnection<Facts> {
  readonly wire: SessionWire;
  /** Who is at the other end; only the same may go on with a session. */
  readonly owner: string | undefined;
  /** What the one who begins a session is told of its first connection. */
  readonly facts: Facts;
}

/** What a connection is handed to, and told of. */
export interface HostListener {
  receive(data: WireMessage): void;
  end(frame: CloseFrame): void;
}

interface Hosted {
  readonly session: Session<WireMessage>;
  readonly owner: string | undefined;
  graceTimer: TimerHandle | undefined;
}

/**
 * The sessions of a server, by their ids. One without a connection is kept for `graceMs`; where there
 * are too many, the one that has been without for longest makes room.
 */
export class SessionHost<Facts> {
  readonly #settings: HostSettings;
  readonly #onSession: (session: Session<WireMessage>, facts: Facts) => void;
  readonly #sessions = new Map<string, Hosted>();
  /** Those without a connection, the one that has been so for longest first. */
  readonly #detached = new Set<Hosted>();
  #isClosing = false;

  constructor(
    settings: HostSettings,
    onSession: (session: Session<WireMessage>, facts: Facts) => void,
  ) {
    this.#settings = settings;
    this.#onSession = onSession;
  }

  /** How many sessions there are, with and without a connection. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Takes a connection that is open, whose client speaks first. */
  begin(connection: HostedConnection<Facts>): HostListener {
    const { wire } = connection;
    const { clock, handshakeMs } = this.#settings;
    let hosted: Hosted | undefined;
    let isOver = false;
    const refuse = (code: number, reason: string): void => {
      isOver = true;
      wire.close({ code, reason });
    };
    const timer =
      handshakeMs === Infinity
        ? undefined
        : clock.setTimeout(() => refuse(SESSION_CODES.protocol, 'no hello came'), handshakeMs);
    return {
      receive: (data) => {
        if (hosted !== undefined) hosted.session.receive(wire, data);
        else if (!isOver) {
          clock.clearTimeout(timer);
          hosted = this.#greet(connection, readHello(data), refuse);
        }
      },
      end: ({ code }) => {
        isOver = true;
        clock.clearTimeout(timer);
        if (hosted !== undefined) this.#onEnd(hosted, wire, code);
      },
    };
  }

  /** Ends every session, and takes no new one. */
  async close(code: number, reason: string): Promise<void> {
    this.#isClosing = true;
    const sessions = [...this.#sessions.values()];
    await Promise.all(sessions.map(({ session }) => session.close(code, reason)));
  }

  #greet(
    connection: HostedConnection<Facts>,
    hello: HelloFrame | undefined,
    refuse: (code: number, reason: string) => void,
  ): Hosted | undefined {
    if (hello === undefined) {
      refuse(SESSION_CODES.protocol, 'expected the hello of a session');
      return undefined;
    }
    const hosted = this.#sessions.get(hello.session);
    if (hosted === undefined && !hello.resume) return this.#greetNew(connection, hello, refuse);
    // Whose it is, a stranger is not told.
    if (hosted === undefined || hosted.owner !== connection.owner) {
      refuse(SESSION_CODES.gone, 'there is no such session');
      return undefined;
    }
    this.#settings.clock.clearTimeout(hosted.graceTimer);
    hosted.graceTimer = undefined;
    this.#detached.delete(hosted);
    this.#welcome(hosted.session, connection.wire, hello);
    return hosted;
  }

  #greetNew(
    { wire, owner, facts }: HostedConnection<Facts>,
    hello: HelloFrame,
    refuse: (code: number, reason: string) => void,
  ): Hosted | undefined {
    if (hello.last !== 0) {
      refuse(SESSION_CODES.protocol, 'expected a new session to begin with 0');
      return undefined;
    }
    if (this.#isClosing) {
      refuse(1001, 'the server goes away');
      return undefined;
    }
    if (this.#sessions.size >= this.#settings.maxSessions && !this.#makeRoom()) {
      refuse(1013, 'there are too many sessions');
      return undefined;
    }
    const id = hello.session;
    const session = new Session<WireMessage>(this.#settings, (message) => message);
    const hosted: Hosted = { session, owner, graceTimer: undefined };
    this.#sessions.set(id, hosted);
    void session.closed.then(() => this.#forget(id, hosted));
    this.#welcome(session, wire, hello);
    this.#onSession(session, facts);
    return hosted;
  }

  #welcome(session: Session<WireMessage>, wire: SessionWire, hello: HelloFrame): void {
    wire.send(writeFrame({ kind: 'welcome', session: hello.session, ...session.tellPlace() }));
    session.attach(wire, hello);
  }

  #onEnd(hosted: Hosted, wire: SessionWire, code: number): void {
    const { session } = hosted;
    session.detach(wire);
    if (session.isOver || session.isAttached) return;
    if (code === SESSION_CODES.gone || code === SESSION_CODES.protocol) {
      const why = code === SESSION_CODES.gone ? 'gave it up' : 'says that the protocol was broken';
      session.lose(`the client ${why}`);
      return;
    }
    const { clock, graceMs } = this.#settings;
    this.#detached.add(hosted);
    const timer = clock.setTimeout(() => {
      session.lose(`the client did not come back within ${showMs(graceMs)} (graceMs)`);
    }, graceMs);
    // A process that has nothing else to do need not wait for clients.
    (timer as { readonly unref?: () => void } | undefined)?.unref?.();
    hosted.graceTimer = timer;
  }

  #makeRoom(): boolean {
    const [oldest] = this.#detached;
    if (oldest === undefined) return false;
    this.#detached.delete(oldest);
    for (const [id, hosted] of this.#sessions) if (hosted === oldest) this.#sessions.delete(id);
    oldest.session.lose('it made room for others while it had no connection (maxSessions)');
    return true;
  }

  #forget(id: string, hosted: Hosted): void {
    this.#settings.clock.clearTimeout(hosted.graceTimer);
    this.#detached.delete(hosted);
    this.#sessions.delete(id);
  }
}

function readHello(data: WireMessage): HelloFrame | undefined {
  try {
    const frame = readFrame(data);
    return frame.kind === 'hello' && frame.ack <= frame.last ? frame : undefined;
  } catch {
    // Whatever it is, it is no hello.
    return undefined;
  }
}
