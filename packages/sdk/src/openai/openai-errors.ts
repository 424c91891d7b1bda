import type { StreamHead } from '@linkspan/core';
import { openaiChat } from '@linkspan/dialects';
import {
  aborted,
  misused,
  type SdkErrors,
  timedOut,
  unconnected,
  unproven,
  unreadable,
} from '../errors/classify-sdk-error.ts';
import type { OpenAIErrorClasses } from './openai-sdk.ts';

const NO_HEAD: StreamHead = { status: undefined, contentType: undefined, headers: {}, secrets: [] };

/**
 * What the errors of OpenAI's SDK mean.
 *
 * @param sdk its classes; absent while it is not loaded: then statuses and codes alone tell.
 */
export function openaiErrors(sdk: OpenAIErrorClasses | undefined, timeoutMs: number): SdkErrors {
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
            [sdk.OAuthError, 401],
            [sdk.PermissionDeniedError, 403],
            [sdk.NotFoundError, 404],
            [sdk.ConflictError, 409],
            [sdk.UnprocessableEntityError, 422],
            [sdk.RateLimitError, 429],
            [sdk.InternalServerError, 500],
            // Within a stream there is no status: the code tells.
            [sdk.APIError, 'by-code'],
            [sdk.LengthFinishReasonError, unreadable('length', 'it is cut at the most tokens')],
            [
              sdk.ContentFilterFinishReasonError,
              unreadable('content_filter', 'the content filter held it back'),
            ],
            [sdk.InvalidWebhookSignatureError, unproven],
            [sdk.OpenAIError, misused],
          ],
    bodyOf: ({ error }) => (error === undefined ? undefined : { error }),
    readBody: (body) => openaiChat.classifyError?.(body, NO_HEAD),
  };
}
