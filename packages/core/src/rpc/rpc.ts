import type { StandardSchemaV1 } from '@standard-schema/spec';
import { parseSettings } from '../settings/parse-settings.ts';
import type { RpcChannel, RpcEnd } from './rpc-channel.ts';
import type { RpcParams } from './rpc-message.ts';
import { type RpcOptions, type RpcRequestOptions, rpcSettings } from './rpc-options.ts';
import { ChannelPeer } from './rpc-peer.ts';

/**
 * What a peer can be called with, where no interface says so. An interface of methods is written as
 * functions of the parameters:
 *
 * ```ts
 * interface Calculator {
 *   sum(params: readonly number[]): number;
 *   divide(params: { by: number }): number;
 * }
 * ```
 */
export interface AnyMethods {
  readonly [method: string]: (params?: RpcParams) => unknown;
}

/** The names of an interface of methods. */
export type RpcMethodOf<Remote extends object> = keyof Remote & string;

/** What a method is called with; `undefined` where it takes nothing. */
export type RpcParamsOf<Remote extends object, Method extends keyof Remote> =
  ParametersOf<Remote[Method]> extends readonly [] ? undefined : ParametersOf<Remote[Method]>[0];

/** What a method answers with. */
export type RpcResultOf<
  Remote extends object,
  Method extends keyof Remote,
> = Remote[Method] extends (...args: never) => infer Result ? Awaited<Result> : never;

/** Parameters and options; the parameters may be left out where the method takes none. */
export type RpcArguments<Remote extends object, Method extends keyof Remote, Options> =
  [] extends ParametersOf<Remote[Method]>
    ? [params?: RpcParamsOf<Remote, Method>, options?: Options]
    : [params: RpcParamsOf<Remote, Method>, options?: Options];

type ParametersOf<Fn> = Fn extends (...args: infer Parameters) => unknown ? Parameters : never;

/** One side of JSON-RPC over a channel: it calls, and it answers. */
export interface RpcPeer<Remote extends object = AnyMethods> extends AsyncDisposable {
  /**
   * Calls a method and gives its result: with a `schema`, what that makes of it.
   *
   * @throws RpcError when the peer answers with an error; TimeoutError after `totalMs`;
   * ConnectionResetError when the channel ends first, whose `sent` is `no` when the request was
   * still waiting for its turn, and `maybe` otherwise; ClosedError after `close()`;
   * DeserializationError when the result does not fit the schema. A request that is aborted rejects
   * with `signal.reason`, and the peer is told that its answer is no longer wanted.
   */
  request<Method extends RpcMethodOf<Remote>, Schema extends StandardSchemaV1>(
    method: Method,
    params: RpcParamsOf<Remote, Method>,
    options: RpcRequestOptions & { readonly schema: Schema },
  ): Promise<StandardSchemaV1.InferOutput<Schema>>;
  request<Method extends RpcMethodOf<Remote>>(
    method: Method,
    ...args: RpcArguments<Remote, Method, RpcRequestOptions>
  ): Promise<RpcResultOf<Remote, Method>>;
  /** Calls a method and wants no answer. Resolves when the channel has accepted the message. */
  notify<Method extends RpcMethodOf<Remote>>(
    method: Method,
    ...args: RpcArguments<Remote, Method, { readonly signal?: AbortSignal | undefined }>
  ): Promise<void>;
  /**
   * Fails the requests under way with ClosedError, aborts the signals of the handlers, and closes the
   * channel. Idempotent.
   */
  close(code?: number, reason?: string): Promise<void>;
  /** Resolves when the channel has ended and no request is left. It never rejects. */
  readonly closed: Promise<RpcEnd>;
}

/**
 * Speaks JSON-RPC 2.0 (https://www.jsonrpc.org/specification) over a channel, both ways at once: any
 * number of requests under way, each answered by its id, notifications, batches of the peer's. It
 * reads the channel from now on; nobody else may.
 *
 * ```ts
 * const peer = rpc<Calculator>(channel, { methods: { now: () => Date.now() } });
 * const total = await peer.request('sum', [1, 2, 3], { signal, totalMs: 5_000 });
 * ```
 *
 * @throws ConfigurationError when an option is wrong.
 */
export function rpc<Remote extends object = AnyMethods>(
  channel: RpcChannel,
  options?: RpcOptions,
): RpcPeer<Remote> {
  const settings = parseSettings('rpc()', rpcSettings, options);
  return new ChannelPeer(channel, settings) as unknown as RpcPeer<Remote>;
}
