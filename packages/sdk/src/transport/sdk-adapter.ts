import type { Dialect, LinkspanError, StreamHead, TransportResponse } from '@linkspan/core';
import type { ChatEvent } from '../chat/chat-event.ts';
import type { ChatRequest } from '../chat/chat-request.ts';
import type { ChatResponse } from '../chat/chat-response.ts';
import type { SdkCall } from './sdk-wire.ts';

/**
 * What `sdkTransport()` has to know of a provider: how its SDK is called, what its answers say and
 * what its errors mean. Whoever writes one has the transport, the client and the middleware for it.
 */
export interface SdkAdapter<Native = unknown> {
  /** `'openai'`; the transport is called `sdk:openai`. */
  readonly provider: string;
  /**
   * The SDK's own client. Called once before the first request: the place to load the SDK.
   *
   * @throws ConfigurationError when the SDK is not installed.
   */
  load(): Promise<Native>;
  /** Asks for a whole answer. Resolves at its head, whatever its status. */
  create(request: ChatRequest, call: SdkCall): Promise<TransportResponse>;
  /** Asks for a stream. Resolves at its head, whatever its status. */
  stream(request: ChatRequest, call: SdkCall): Promise<TransportResponse>;
  /** Sends a request of another kind: `POST /embeddings`. Without it, such are refused. */
  request?(call: SdkCall): Promise<TransportResponse>;
  /**
   * What a whole answer says.
   *
   * @throws LinkspanError when it reports an error, or is no answer.
   */
  readAnswer(answer: unknown, head: StreamHead): ChatResponse;
  /** What a stream says: its terminator, its errors, what it used. */
  readonly dialect: Dialect<ChatEvent, ChatResponse>;
  /** The failure that an error of the SDK is: by its class, else its status, else its code. */
  classifyError(error: unknown): LinkspanError;
}
