import {
  type Body,
  type CallContext,
  ClosedError,
  createClient,
  type Transport,
  TransportRegistry,
  type TransportRequest,
  type TransportResponse,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';

/** How a request for the blackboard is written. */
interface BoardInit {
  readonly write: string;
}

/** A transport as its contract has it, and made of nothing else: what is written is read back. */
class Blackboard implements Transport<Uint8Array, BoardInit> {
  readonly name = 'blackboard';
  readonly capabilities = { streaming: false, upload: false, duplex: false, status: false };
  readonly calls: string[] = [];
  readonly #colour: string;
  #isClosed = false;

  constructor(colour: string) {
    this.#colour = colour;
  }

  async connect(): Promise<void> {
    this.calls.push('connect');
  }

  prepare({ write }: BoardInit): TransportRequest {
    return { operation: 'write', target: write };
  }

  readonly send = async (
    { operation, target }: TransportRequest,
    { signal }: CallContext,
  ): Promise<TransportResponse> => {
    if (this.#isClosed) throw new ClosedError('Cannot write: the blackboard is closed');
    signal?.throwIfAborted();
    this.calls.push(`${operation} ${target}`);
    return { headers: {}, body: oneChunk(`${target}, in ${this.#colour}`) };
  };

  async close(): Promise<void> {
    this.#isClosed = true;
    this.calls.push('close');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function oneChunk(text: string): Body {
  const chunks = [new TextEncoder().encode(text)];
  return {
    async *[Symbol.asyncIterator]() {
      yield* chunks.splice(0);
      return undefined;
    },
    collect: async () => chunks.splice(0),
    cancel: async () => {},
    onClose: (listener) => listener(),
    [Symbol.asyncDispose]: async () => {},
  };
}

describe('a transport written by a user', () => {
  it('P26 P3 P6 R2 is registered by a name, and used by a client with its own options', async () => {
    const made: Blackboard[] = [];
    const registry = new TransportRegistry().register('blackboard', {
      create({ colour }: { readonly colour: string }) {
        const board = new Blackboard(colour);
        made.push(board);
        return board;
      },
    });

    const client = createClient({ transport: 'blackboard', registry, colour: 'red', env: {} });
    const response = await client.request({ write: 'hello' });
    const text = await response.text();
    const again = await client.safe.request({ write: 'more' });
    await client.close();

    expect(text).toBe('hello, in red');
    expect(again.ok).toBe(true);
    expect(made.map(({ calls }) => calls)).toEqual([
      ['connect', 'write hello', 'write more', 'close'],
    ]);
    await expect(client.request({ write: 'late' })).rejects.toBeInstanceOf(ClosedError);
  });

  it('P26 P2 is used as an instance, which stays open', async () => {
    const board = new Blackboard('white');
    const client = createClient({ transport: board, env: {} });

    const results = await client.batch([{ write: 'a' }, { write: 'b' }]);
    await client.close();

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    expect(board.calls).toEqual(['connect', 'write a', 'write b']);
  });
});
