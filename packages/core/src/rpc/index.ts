/**
 * JSON-RPC 2.0 over any channel: requests and answers with ids, notifications and batches, both ways
 * at once. An entry of its own, because few clients need it. Nothing here needs Node.
 */
export { RpcError, type RpcFacts } from '../errors/rpc-error.ts';
export type { RpcCancellation, RpcCancellationName } from './cancellation.ts';
export {
  type AnyMethods,
  rpc,
  type RpcArguments,
  type RpcMethodOf,
  type RpcParamsOf,
  type RpcPeer,
  type RpcResultOf,
} from './rpc.ts';
export type { RpcChannel, RpcEnd } from './rpc-channel.ts';
export type { RpcErrorObject, RpcId, RpcParams } from './rpc-message.ts';
export type {
  RpcHandler,
  RpcHandlerContext,
  RpcOptions,
  RpcRequestOptions,
  RpcStray,
} from './rpc-options.ts';
