import * as setting from '../settings/kinds.ts';
import type { Setting } from '../settings/setting.ts';
import { isPlainObject } from '../settings/is-plain-object.ts';
import { isId, type RpcErrorObject, type RpcId, type RpcParams } from './rpc-message.ts';

/** How a protocol over JSON-RPC tells that the answer to a call is no longer wanted. */
export interface RpcCancellation {
  /** The notification that says so. */
  readonly method: string;
  /** Its parameters, for the call of an id. */
  readonly params: (id: RpcId) => RpcParams;
  /** The id that such parameters name; `undefined` when they name none. */
  readonly idOf: (params: RpcParams | undefined) => RpcId | undefined;
  /** What a handler that was cancelled, and threw, is answered with. @default nothing: no answer */
  readonly answer?: RpcErrorObject | undefined;
}

/** The forms that are built in, by the notification that each sends. */
export type RpcCancellationName = '$/cancelRequest' | 'notifications/cancelled';

const FORMS: Readonly<Record<RpcCancellationName, RpcCancellation>> = {
  // The Language Server Protocol: every request gets an answer, also one that was cancelled.
  // https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#cancelRequest
  '$/cancelRequest': {
    method: '$/cancelRequest',
    params: (id) => ({ id }),
    idOf: (params) => memberId(params, 'id'),
    answer: { code: -32800, message: 'Request cancelled' },
  },
  // The Model Context Protocol: one that was cancelled is not answered.
  // https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/cancellation
  'notifications/cancelled': {
    method: 'notifications/cancelled',
    params: (requestId) => ({ requestId }),
    idOf: (params) => memberId(params, 'requestId'),
  },
};

/** The setting of the option `cancellation`. */
export const cancellationSetting: Setting<
  RpcCancellation | false,
  RpcCancellation | RpcCancellationName | false,
  false
> = setting.custom<RpcCancellation | false, RpcCancellation | RpcCancellationName | false>({
  default: '$/cancelRequest',
  expected:
    "'$/cancelRequest', 'notifications/cancelled', false, or an object with method, params and idOf",
  check: (value) => {
    if (value === false) return value;
    if (typeof value === 'string') {
      return Object.hasOwn(FORMS, value) ? FORMS[value as RpcCancellationName] : undefined;
    }
    return isCancellation(value) ? value : undefined;
  },
});

function isCancellation(value: unknown): value is RpcCancellation {
  const form = value as Partial<RpcCancellation> | null | undefined;
  return (
    typeof form?.method === 'string' &&
    typeof form.params === 'function' &&
    typeof form.idOf === 'function'
  );
}

function memberId(params: RpcParams | undefined, name: string): RpcId | undefined {
  const id = isPlainObject(params) ? params[name] : undefined;
  return isId(id) ? id : undefined;
}
