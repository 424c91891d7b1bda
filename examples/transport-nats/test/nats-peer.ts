import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { TransportRequest } from '@linkspan/core';
import type { Peer, Scene } from '@linkspan/testkit';
import { connect, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import type { NatsServer } from './nats-server.ts';
import { CUT, NatsWire } from './nats-wire.ts';

const NOTHING = new Uint8Array();
const PART_BYTES = 512 * 1024;

/** A client of NATS that answers requests by playing scenes, and counts what it sees. */
export class NatsPeer implements Peer {
  readonly wire: NatsWire;
  readonly #connection: NatsConnection;
  readonly #subject = `kit.${randomUUID()}`;
  readonly #scenes: Scene[] = [];
  readonly #callers = new Set<Caller>();
  requests = 0;
  flooded = 0;

  private constructor(connection: NatsConnection, wire: NatsWire) {
    this.wire = wire;
    this.#connection = connection;
    connection.subscribe(`${this.#subject}.scene.*`, {
      callback: (error, message) => {
        if (error === null) void this.#serve(message);
      },
    });
    // A server answers to what nobody listens to, where there is a subject to answer to.
    connection.subscribe(`${this.#subject}.left.*`, {
      callback: (_error, { subject }) => {
        for (const caller of this.#callers) if (subject.endsWith(`.${caller.id}`)) caller.left();
      },
    });
  }

  static async listen(server: NatsServer): Promise<NatsPeer> {
    const connection = await connect({ servers: server.address, reconnect: false });
    const peer = new NatsPeer(connection, await NatsWire.open(server.port));
    await connection.flush();
    return peer;
  }

  get busy(): number {
    return this.#callers.size;
  }

  get connections(): number {
    return this.wire.connections;
  }

  /** The request that has the scene played. */
  request(scene: Scene): TransportRequest {
    if (scene.kind === 'absent') void this.wire.close();
    this.#scenes.push(scene);
    return {
      operation: 'request-many',
      target: `${this.#subject}.scene.${this.#scenes.length - 1}`,
    };
  }

  async close(): Promise<void> {
    await this.wire.close();
    await this.#connection.close();
  }

  async #serve(message: Msg): Promise<void> {
    this.requests += 1;
    const caller = new Caller(this.#connection, message, `${this.#subject}.left`);
    this.#callers.add(caller);
    try {
      await this.#play(this.#scenes[Number(message.subject.split('.').at(-1))] as Scene, caller);
    } finally {
      this.#callers.delete(caller);
    }
  }

  /** Ends when the scene is over, or its caller has left. */
  async #play(scene: Scene, caller: Caller): Promise<void> {
    switch (scene.kind) {
      case 'answer':
        await caller.begin(scene.pauseMs);
        for (const chunk of scene.chunks) {
          // oxlint-disable-next-line no-await-in-loop -- one chunk after another
          await caller.say(chunk, scene.pauseMs);
        }
        caller.end();
        return;
      case 'echo':
        for (let at = 0; at < caller.asked.length; at += PART_BYTES) {
          // oxlint-disable-next-line no-await-in-loop -- one part after another
          await caller.say(caller.asked.subarray(at, at + PART_BYTES));
        }
        caller.end();
        return;
      case 'stall':
      case 'cut':
        await caller.begin();
        // oxlint-disable-next-line no-await-in-loop -- one chunk after another
        for (const chunk of scene.chunks) await caller.say(chunk);
        if (scene.kind === 'cut') await caller.say(Buffer.from(CUT + scene.how));
        break;
      case 'flood':
        await caller.begin();
        while (!caller.hasLeft) {
          // oxlint-disable-next-line no-await-in-loop -- the server takes one, then the next
          await caller.say(new Uint8Array(scene.chunkBytes));
          this.flooded += scene.chunkBytes;
          // oxlint-disable-next-line no-await-in-loop -- as above
          await this.#connection.flush();
        }
        return;
      case 'drop':
        this.wire.break();
        break;
      case 'garbage':
        this.wire.garble();
        break;
      default:
    }
    await caller.leaving();
  }
}

/** Who sent a request, and waits for the answer. */
class Caller {
  readonly id = randomUUID();
  readonly asked: Uint8Array;
  readonly #connection: NatsConnection;
  readonly #inbox: string;
  readonly #leftSubject: string;
  #hasLeft = false;

  constructor(connection: NatsConnection, { data, reply }: Msg, leftSubject: string) {
    this.asked = data.slice();
    this.#connection = connection;
    this.#inbox = reply ?? '';
    this.#leftSubject = `${leftSubject}.${this.id}`;
  }

  get hasLeft(): boolean {
    return this.#hasLeft || this.#connection.isClosed();
  }

  left(): void {
    this.#hasLeft = true;
  }

  /** A head without data: it has headers, so that it is no sentinel. */
  async begin(pauseMs: number = 0): Promise<void> {
    const head = headers();
    head.set('Kit', 'head');
    if (pauseMs > 0) await pause(pauseMs);
    this.#publish(NOTHING, head);
  }

  async say(data: Uint8Array, pauseMs: number = 0): Promise<void> {
    if (pauseMs > 0 && !this.hasLeft) await pause(pauseMs);
    if (data.length > 0) this.#publish(data);
  }

  end(): void {
    this.#publish(NOTHING);
  }

  /** Waits until nobody subscribes to the inbox. A heartbeat finds out, which the caller ignores. */
  async leaving(): Promise<void> {
    while (!this.hasLeft) {
      this.#publish(NOTHING, headers(100, 'Idle Heartbeat'));
      // oxlint-disable-next-line no-await-in-loop -- one look after another
      await pause(5);
    }
  }

  #publish(data: Uint8Array, fields?: ReturnType<typeof headers>): void {
    if (this.hasLeft) return;
    this.#connection.publish(this.#inbox, data, {
      reply: this.#leftSubject,
      ...(fields !== undefined && { headers: fields }),
    });
  }
}
