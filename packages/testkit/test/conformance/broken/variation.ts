import type {
  Body,
  CallContext,
  CloseReason,
  Transport,
  TransportRequest,
  TransportResponse,
} from '@linkspan/core';
import { withMiddleware } from '@linkspan/testkit';
import { ReferenceTransport } from '../reference-transport.ts';

/** A transport with one bug. */
export interface BrokenTransport {
  readonly id: string;
  /** What it does wrong. */
  readonly bug: string;
  /** Where that was seen, in public or in the acceptance table. */
  readonly seenIn?: string;
  /** The case that is meant for it. */
  readonly caughtBy: string;
  /**
   * Whether it cannot be run beside others: it leaves errors that nobody handles, which every case
   * that is under way sees.
   */
  readonly isAlone?: boolean;
  readonly make: (baseUrl: string) => Transport;
}

/** The reference with some of its members replaced. */
export function over(transport: Transport, parts: Partial<Transport>): Transport {
  return { ...withMiddleware(transport, []), ...parts };
}

type ChangedCall = (
  send: Transport['send'],
  request: TransportRequest,
  context: CallContext,
) => Promise<TransportResponse>;

/** The reference with a `send` of its own. */
export function sending(change: ChangedCall): (baseUrl: string) => Transport {
  return (baseUrl) => {
    const transport = new ReferenceTransport(baseUrl);
    return over(transport, {
      send: async (request, context) => await change(transport.send, request, context),
    });
  };
}

/** The reference whose failures before the head are changed. */
export function failing(
  change: (error: unknown, context: CallContext) => unknown,
): (baseUrl: string) => Transport {
  return sending(async (send, request, context) => {
    try {
      return await send(request, context);
    } catch (error) {
      throw change(error, context);
    }
  });
}

/** What a read of a body gives. */
export type Read = IteratorResult<Uint8Array, CloseReason | undefined>;

/** A body on its way. */
export type Chunks = AsyncIterator<Uint8Array, CloseReason | undefined>;

/** What a broken body does differently. */
export interface BodyParts {
  readonly iterate?: (body: Body) => Chunks;
  readonly collect?: Body['collect'];
  readonly cancel?: Body['cancel'];
  readonly onClose?: Body['onClose'];
  readonly dispose?: () => Promise<void>;
}

/** The reference whose bodies are changed. */
export function answering(
  change: (body: Body, context: CallContext) => BodyParts,
): (baseUrl: string) => Transport {
  return sending(async (send, request, context) => {
    const response = await send(request, context);
    return { ...response, body: overBody(response.body, change(response.body, context)) };
  });
}

/** A body with some of its members replaced. Collecting goes through what iterates. */
export function overBody(body: Body, parts: BodyParts): Body {
  const { iterate } = parts;
  const iterator = (): Chunks =>
    iterate === undefined ? body[Symbol.asyncIterator]() : iterate(body);
  const collect: Body['collect'] = async (options) => {
    if (iterate === undefined) return await body.collect(options);
    const chunks: Uint8Array[] = [];
    const source = iterator();
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one chunk after another
      const read = await source.next();
      if (read.done === true) return chunks;
      chunks.push(read.value);
    }
  };
  return {
    [Symbol.asyncIterator]: iterator,
    collect: parts.collect ?? collect,
    cancel: parts.cancel ?? ((reason) => body.cancel(reason)),
    onClose: parts.onClose ?? ((listener) => body.onClose(listener)),
    [Symbol.asyncDispose]: parts.dispose ?? (async () => await body[Symbol.asyncDispose]()),
  };
}

/** Chunks whose every read goes through a function. */
export function reading(read: (source: Chunks) => Promise<Read>): (body: Body) => Chunks {
  return (body) => {
    const source = body[Symbol.asyncIterator]();
    return {
      next: () => read(source),
      return: async () => (await source.return?.()) ?? END,
    };
  };
}

export const END = { done: true, value: undefined } as const;

/** Failures of reading become something else. */
export function failingBody(
  change: (error: unknown, context: CallContext) => unknown,
): (baseUrl: string) => Transport {
  return answering((_body, context) => ({
    iterate: reading(async (source) => {
      try {
        return await source.next();
      } catch (error) {
        const changed = change(error, context);
        if (changed === END) return END;
        throw changed;
      }
    }),
  }));
}

export async function later(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** A request whose payload cannot be left: its iterator has no `return()`. */
export function withoutReturn(request: TransportRequest): TransportRequest {
  const { payload } = request;
  const deaf = (chunks: AsyncIterable<unknown>): AsyncIterable<Uint8Array> => {
    const source = chunks[Symbol.asyncIterator]() as Chunks;
    return { [Symbol.asyncIterator]: () => ({ next: () => source.next() }) };
  };
  if (payload?.kind === 'stream') {
    return { ...request, payload: { kind: 'stream', stream: deaf(payload.stream) } };
  }
  if (payload?.kind !== 'factory') return request;
  const open = async (): Promise<AsyncIterable<Uint8Array>> => deaf(await payload.open());
  return { ...request, payload: { kind: 'factory', open } };
}

/** An async iterable whose chunks go through a function. */
export async function* mapped<Chunk, Result>(
  source: AsyncIterable<Chunk>,
  map: (chunk: Chunk) => Result,
): AsyncGenerator<Result, undefined> {
  for await (const chunk of source) yield map(chunk);
}
