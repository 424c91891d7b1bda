import type { FaultTable } from '../fault.ts';
import { rpcErrors, type RpcError } from '../json-rpc.ts';

/** An error of A2A in both of its bindings. */
export interface A2aError extends RpcError {
  readonly status: number;
  /** The word of google.rpc.Code. */
  readonly word: string;
  /** The reason in google.rpc.ErrorInfo. */
  readonly reason: string;
}

/** The errors that are told apart. */
type A2aErrorName =
  | 'taskNotFound'
  | 'taskNotCancelable'
  | 'unsupportedOperation'
  | 'versionNotSupported'
  | 'methodNotFound'
  | 'invalidParams';

/** The errors of https://a2a-protocol.org/latest/specification/#54-error-code-mappings */
export const a2aErrors: Readonly<Record<A2aErrorName, A2aError>> = {
  taskNotFound: {
    code: -32001,
    message: 'Task not found',
    status: 404,
    word: 'NOT_FOUND',
    reason: 'TASK_NOT_FOUND',
  },
  taskNotCancelable: {
    code: -32002,
    message: 'Task cannot be canceled',
    status: 400,
    word: 'FAILED_PRECONDITION',
    reason: 'TASK_NOT_CANCELABLE',
  },
  unsupportedOperation: {
    code: -32004,
    message: 'This operation is not supported',
    status: 400,
    word: 'FAILED_PRECONDITION',
    reason: 'UNSUPPORTED_OPERATION',
  },
  versionNotSupported: {
    code: -32009,
    message: 'This version of A2A is not supported; 1.0 is',
    status: 400,
    word: 'FAILED_PRECONDITION',
    reason: 'VERSION_NOT_SUPPORTED',
  },
  methodNotFound: {
    ...rpcErrors.methodNotFound,
    status: 404,
    word: 'NOT_FOUND',
    reason: 'METHOD_NOT_FOUND',
  },
  invalidParams: {
    ...rpcErrors.invalidParams,
    status: 400,
    word: 'INVALID_ARGUMENT',
    reason: 'INVALID_PARAMS',
  },
};

/** How what stands before an agent refuses a request. */
export const a2aFaults: FaultTable = {
  'rate-limit': { status: 429, message: 'Too many requests', code: 'RATE_LIMITED' },
  overloaded: { status: 503, message: 'The agent has no capacity left' },
  'server-error': { status: 500, message: 'Internal error' },
  quota: { status: 402, message: 'The quota of this client is used up', code: 'QUOTA_EXHAUSTED' },
  'bad-key': { status: 401, message: 'The credentials are not known' },
};
