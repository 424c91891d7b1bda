import assert from 'node:assert/strict';
import { Deadline } from '@linkspan/concurrency';
import {
  type Body,
  type CallContext,
  type Capabilities,
  LinkspanError,
  type Payload,
  type Transport,
  type TransportResponse,
} from '@linkspan/core';
import { concat } from './bytes.ts';
import type { Peer, Stage } from './fixture.ts';
import { KitClock } from './kit-clock.ts';
import type { Scene } from './scene.ts';

/** What a case wants different from a call without limits. */
export interface CallFacts {
  readonly signal?: AbortSignal;
  /** The deadline of the call, from now. */
  readonly totalMs?: number;
  readonly attemptMs?: number;
  readonly idleMs?: number;
  readonly payload?: Payload;
}

/** One case on its stage: sends, and waits with a limit that tells what did not come. */
export class Trial {
  readonly stage: Stage;
  readonly transport: Transport;
  readonly peer: Peer;
  readonly capabilities: Capabilities;
  readonly clock: KitClock = new KitClock();
  readonly #patienceMs: number;

  constructor(stage: Stage, patienceMs: number) {
    this.stage = stage;
    this.transport = stage.transport;
    this.peer = stage.peer;
    this.capabilities = stage.transport.capabilities;
    this.#patienceMs = patienceMs;
  }

  /** The context of one call, as a client would make it. */
  context(facts: CallFacts = {}): CallContext {
    return {
      signal: facts.signal,
      deadline: Deadline.after(facts.totalMs, this.clock),
      attempt: 1,
      streaming: this.capabilities.streaming,
      attemptMs: facts.attemptMs ?? Infinity,
      idleMs: facts.idleMs ?? Infinity,
      acceptStatus: (status) => status < 400,
    };
  }

  /** Sends the request of a scene. A rejection that the case does not look at is no accident. */
  send(scene: Scene, facts: CallFacts = {}): Promise<TransportResponse> {
    const { payload } = facts;
    const request = this.stage.request(scene);
    const promise = this.#call(() =>
      this.transport.send(
        payload === undefined ? request : { ...request, payload },
        this.context(facts),
      ),
    );
    promise.catch(() => {});
    return promise;
  }

  /** Sends, and waits for the head. */
  async head(scene: Scene, facts: CallFacts = {}): Promise<TransportResponse> {
    return await this.arrival(this.send(scene, facts), `the head of the answer to '${scene.kind}'`);
  }

  /** Sends an `answer` and reads it to the end. */
  async answer(chunks: readonly Uint8Array[], facts: CallFacts = {}): Promise<Uint8Array> {
    const { body } = await this.head({ kind: 'answer', chunks }, facts);
    return await this.read(body);
  }

  /** Reads a body to its end. */
  async read(body: Body): Promise<Uint8Array> {
    return concat(await this.arrival(body.collect(), 'the end of the body'));
  }

  /** What a promise resolves with, which has to come. */
  async arrival<Value>(promise: Promise<Value>, what: string): Promise<Value> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(this.#impatience(what)), this.#patienceMs);
    });
    try {
      return await Promise.race([promise, late]);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      const message = `Expected ${what}, found ${describeError(error)}`;
      throw Object.assign(new assert.AssertionError({ message }), { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  /** What a promise rejects with, which it has to. */
  async rejection(promise: Promise<unknown>, what: string): Promise<unknown> {
    const settled = promise.then(
      () => ({ isRejected: false, error: undefined }),
      (error: unknown) => ({ isRejected: true, error }),
    );
    const { isRejected, error } = await this.arrival(settled, `${what} to be rejected`);
    assert.ok(isRejected, `Expected ${what} to be rejected, but it resolved`);
    return error;
  }

  /** The failure that a promise rejects with, which has to be one of Linkspan's. */
  async failure(promise: Promise<unknown>, what: string): Promise<LinkspanError> {
    const error = await this.rejection(promise, what);
    assert.ok(
      error instanceof LinkspanError,
      `Expected ${what} to be rejected with a LinkspanError, found ${describeError(error)}`,
    );
    return error;
  }

  /**
   * What becomes of a call whose answer cannot be complete: the rejection of its head, or else of
   * reading its body.
   */
  async callFailure(
    call: Promise<TransportResponse>,
    what: string = 'the call',
  ): Promise<LinkspanError> {
    return await this.failure(
      call.then(({ body }) => body.collect()),
      what,
    );
  }

  /** Waits until something holds. */
  async until(condition: () => boolean, what: string | (() => string)): Promise<void> {
    const endAt = performance.now() + this.#patienceMs;
    while (!condition()) {
      if (performance.now() > endAt) {
        throw this.#impatience(typeof what === 'string' ? what : what());
      }
      // oxlint-disable-next-line no-await-in-loop -- one look after another
      await this.pass(2);
    }
  }

  /** Lets time pass, for what must not happen meanwhile. No timer of its own runs afterwards. */
  async pass(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      // Node counts a timer until its callback is done.
      setTimeout(() => setImmediate(resolve), ms);
    });
  }

  /** Waits until the peer has taken this many requests. */
  async taken(requests: number = 1): Promise<void> {
    await this.until(
      () => this.peer.requests >= requests,
      () => `the peer to take ${requests} of the requests (it took ${this.peer.requests})`,
    );
  }

  /** Waits until the peer is busy with nothing: every wire was freed. */
  async freed(after: string): Promise<void> {
    await this.until(() => this.peer.busy === 0, `the wire to be freed ${after}`);
  }

  /** Closes the transport. */
  async close(drainMs?: number): Promise<void> {
    await this.arrival(
      this.transport.close(drainMs === undefined ? undefined : { drainMs }),
      'close() to resolve',
    );
  }

  #call(send: () => Promise<TransportResponse>): Promise<TransportResponse> {
    try {
      return send();
    } catch (error) {
      assert.fail(`Expected send() to reject, but it threw ${describeError(error)}`);
    }
  }

  #impatience(what: string): assert.AssertionError {
    return new assert.AssertionError({
      message: `Waited ${this.#patienceMs / 1000} s for ${what}, in vain`,
    });
  }
}

/** Says what something thrown is, on one line. */
export function describeError(error: unknown): string {
  return error instanceof Error
    ? `${error.name}: ${error.message}`
    : `${typeof error} ${String(error)}`;
}
