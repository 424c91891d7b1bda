import type { StreamHead } from '@linkspan/core';
import { anthropicMessages } from '@linkspan/dialects';
import {
  aborted,
  misused,
  type SdkErrors,
  timedOut,
  unconnected,
} from '../errors/classify-sdk-error.ts';
import type { AnthropicModule } from './anthropic-sdk.ts';

const NO_HEAD: StreamHead = { status: undefined, contentType: undefined, headers: {}, secrets: [] };

/**
 * What the errors of Anthropic's SDK mean.
 *
 * @param sdk its classes; absent while it is not loaded: then statuses and codes alone tell.
 */
export function anthropicErrors(sdk: AnthropicModule | undefined, timeoutMs: number): SdkErrors {
  return {
    rows:
      sdk === undefined
        ? []
        : [
            [sdk.APIUserAbortError, aborted],
            [sdk.APIConnectionTimeoutError, timedOut(timeoutMs)],
            [sdk.APIConnectionError, unconnected],
            [sdk.BadRequestError, 400],
            [sdk.AuthenticationError, 401],
            [sdk.PaymentRequiredError, 402],
            [sdk.PermissionDeniedError, 403],
            [sdk.NotFoundError, 404],
            [sdk.RequestTimeoutError, 408],
            [sdk.ConflictError, 409],
            [sdk.PreconditionFailedError, 412],
            [sdk.ContentTooLargeError, 413],
            [sdk.UnprocessableEntityError, 422],
            [sdk.RateLimitError, 429],
            [sdk.RequestHeaderFieldsTooLargeError, 431],
            [sdk.ClientClosedRequestError, 499],
            [sdk.NotImplementedError, 501],
            [sdk.ServiceUnavailableError, 503],
            [sdk.GatewayTimeoutError, 504],
            [sdk.OverloadedError, 529],
            [sdk.InternalServerError, 500],
            // Within a stream there is no status: the type tells.
            [sdk.APIError, 'by-code'],
            [sdk.RetryableError, unconnected],
            [sdk.AnthropicError, misused],
          ],
    bodyOf: ({ error }) => error,
    readBody: (body) => anthropicMessages.classifyError?.(body, NO_HEAD),
  };
}
