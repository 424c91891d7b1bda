import type { SdkCall } from './sdk-wire.ts';

/** As long as the platform's timers can be: the clocks of the call hold, and no other. */
const NO_CLOCK = 2 ** 31 - 1;

/** What an SDK is told about one request, beside its parameters. */
export interface SdkRequestOptions {
  readonly maxRetries: 0;
  readonly timeout: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetchOptions: object;
}

/** The options of a request whose clocks, and tries again, are not the SDK's. */
export function sdkRequestOptions(call: SdkCall, fetchOptions: object): SdkRequestOptions {
  return { maxRetries: 0, timeout: NO_CLOCK, headers: call.request.headers ?? {}, fetchOptions };
}

/** A request of a method and a path, in the words of the SDKs. */
export function sdkRawRequest(call: SdkCall, fetchOptions: object): never {
  return {
    ...sdkRequestOptions(call, fetchOptions),
    method: call.request.operation.toLowerCase(),
    path: call.request.target,
  } as never;
}
