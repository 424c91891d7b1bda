import type { ManualClock } from '@linkspan/concurrency';
import type { WireMessage } from '../../src/wire/inbox.ts';
import { type HostSettings, SessionHost } from '../../src/session/session-host.ts';
import { SessionClient, type SessionConnection } from '../../src/session/session-client.ts';
import type { SessionWire } from '../../src/session/session-wire.ts';
import type { Session } from '../../src/session/session.ts';

/** What a frame does, or a close, when it arrives. */
type Arrival = () => void;

interface Connection {
  readonly toServer: Arrival[];
  readonly toClient: Arrival[];
  readonly client: SessionConnection;
  readonly end: (code: number) => void;
}

export const smallSettings = (clock: ManualClock): HostSettings => ({
  maxUnconfirmed: 5,
  maxUnconfirmedBytes: 60,
  maxUnread: 4,
  maxUnreadBytes: 50,
  ackMs: 10,
  closeMs: 5_000,
  handshakeMs: 10_000,
  graceMs: 60_000,
  maxSessions: 3,
  clock,
});

/**
 * A client and a server of sessions, and a wire between them on which nothing happens by itself:
 * frames arrive when the test says so, and a connection drops with all that is on its way.
 */
export class LossyLink {
  readonly client: SessionClient<WireMessage>;
  readonly host: SessionHost<undefined>;
  readonly frames: WireMessage[] = [];
  /** The sessions of the server, in the order of their making. */
  readonly sessions: Session<WireMessage>[] = [];
  #connection: Connection | undefined;

  constructor(settings: HostSettings, clientSettings: Partial<HostSettings> = {}) {
    this.client = new SessionClient({ ...settings, ...clientSettings }, (message) => message);
    this.host = new SessionHost<undefined>(settings, (session) => this.sessions.push(session));
  }

  /** The server's side of the session. */
  get server(): Session<WireMessage> {
    return this.sessions[0]!;
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** Opens a connection; the client speaks first. */
  connect(owner?: string): SessionConnection | undefined {
    if (this.#connection !== undefined || this.client.session.isOver) return undefined;
    const toServer: Arrival[] = [];
    const toClient: Arrival[] = [];
    let isOpen = true;
    const end = (code: number): void => {
      if (!isOpen) return;
      isOpen = false;
      this.#connection = undefined;
      listener.end({ code, reason: '' });
      client.end({ code, reason: '' });
    };
    const wire = (queue: Arrival[], receive: (data: WireMessage) => void): SessionWire => ({
      bufferedBytes: 0,
      send: (frame) => {
        this.frames.push(frame);
        queue.push(() => receive(frame));
      },
      close: ({ code }) => queue.push(() => end(code)),
    });
    const listener = this.host.begin({
      wire: wire(toClient, (data) => client.receive(data)),
      owner,
      facts: undefined,
    });
    const client: SessionConnection = this.client.begin(
      wire(toServer, (data) => listener.receive(data)),
      'ws://peer',
    );
    this.#connection = { toServer, toClient, client, end };
    return client;
  }

  /** Lets some of what is on its way arrive, the oldest first. Gives how many did. */
  deliver(direction: 'toServer' | 'toClient', count: number = Infinity): number {
    let delivered = 0;
    for (; delivered < count; delivered += 1) {
      const arrival = this.#connection?.[direction].shift();
      if (arrival === undefined) break;
      arrival();
    }
    return delivered;
  }

  /** Lets everything arrive that is on its way, and what comes of it. */
  deliverAll(): void {
    while (this.deliver('toServer') + this.deliver('toClient') > 0);
  }

  /** Breaks the connection, and loses what is on its way. */
  drop(code: number = 1006): void {
    this.#connection?.end(code);
  }
}

/** Collects what a session gives to its reader. */
export class Collector {
  readonly messages: WireMessage[] = [];
  failure: unknown;
  isDone = false;
  readonly #session: Session<WireMessage>;
  #reading: Promise<void> | undefined;

  constructor(session: Session<WireMessage>) {
    this.#session = session;
  }

  /** Takes one message, if that does not have to wait for another read. */
  read(): void {
    if (this.#reading !== undefined || this.isDone) return;
    this.#reading = this.#session.inbox.next().then(
      ({ done, value }) => {
        this.#reading = undefined;
        if (done === true) this.isDone = true;
        else this.messages.push(value);
      },
      (error: unknown) => {
        this.#reading = undefined;
        this.isDone = true;
        this.failure = error;
      },
    );
  }
}

/** A frame as text. */
export function shown(frame: WireMessage): string {
  return typeof frame === 'string' ? frame : new TextDecoder().decode(frame);
}
