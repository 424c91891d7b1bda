import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A proxy for TCP that breaks connections in the middle of whatever they carry. */
export class BreakingProxy {
  readonly #server: Server;
  readonly #target: number;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  /** How many bytes each connection still lets through, in order; those behind let everything through. */
  readonly #budgets: number[];
  readonly #abandoned: Socket[] = [];
  connections = 0;
  broken = 0;

  private constructor(target: number, budgets: readonly number[]) {
    this.#target = target;
    this.#budgets = [...budgets];
    this.#server = createServer((socket) => this.#relay(socket));
  }

  /** @param budgets after how many bytes, of both directions, each connection breaks */
  static async listen(url: string, budgets: readonly number[] = []): Promise<BreakingProxy> {
    const proxy = new BreakingProxy(Number(new URL(url).port), budgets);
    await new Promise<void>((resolve) => {
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(async () => {
      proxy.breakAll();
      await new Promise((resolve) => {
        proxy.#server.close(resolve);
      });
    });
    return proxy;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Breaks every connection for the client alone: the server hears nothing of it. */
  abandonAll(): void {
    for (const pair of this.#pairs) {
      const [near, far] = pair;
      this.#pairs.delete(pair);
      this.#abandoned.push(far);
      near.removeAllListeners('close');
      near.resetAndDestroy();
    }
  }

  /** Breaks every connection. */
  breakAll(): void {
    for (const far of this.#abandoned.splice(0)) far.destroy();
    for (const pair of this.#pairs) this.#break(pair);
  }

  #relay(near: Socket): void {
    const far = connect(this.#target, '127.0.0.1');
    const pair = [near, far] as const;
    let budget = this.#budgets.shift() ?? Infinity;
    this.connections += 1;
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('data', (data) => {
        to.write(data.subarray(0, Math.max(0, budget)));
        budget -= data.length;
        if (budget <= 0) this.#break(pair);
      });
      from.on('error', () => {});
      from.on('close', () => {
        this.#pairs.delete(pair);
        to.destroySoon();
      });
    }
  }

  #break(pair: readonly [Socket, Socket]): void {
    if (!this.#pairs.delete(pair)) return;
    this.broken += 1;
    // What was let through arrives first.
    for (const socket of pair) {
      socket.end(() => socket.resetAndDestroy());
      socket.pause();
    }
  }
}
