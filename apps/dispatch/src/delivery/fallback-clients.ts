import type { HttpClient, SdkClient } from 'linkspan';
import type { ManagedClient } from 'linkspan/core/manager';

/** The clients of the fallback, one for each way in which rows are written, managed as one. */
export class FallbackClients implements ManagedClient {
  /** For rows that are written as OpenAI has them. */
  readonly chat: HttpClient;
  /** For rows in the words of Linkspan. */
  readonly sdk: SdkClient;
  /** The model that is asked there; `undefined` for that of the row. */
  readonly model: string | undefined;

  constructor(chat: HttpClient, sdk: SdkClient, model: string | undefined) {
    this.chat = chat;
    this.sdk = sdk;
    this.model = model;
  }

  /** Both go to the same place: what one finds out is true of the other. */
  get transport(): HttpClient['transport'] {
    return this.chat.transport;
  }

  connect(): Promise<void> {
    return this.chat.connect();
  }

  async close(options?: { readonly drainMs?: number }): Promise<void> {
    await Promise.all([this.chat.close(options), this.sdk.close(options)]);
  }
}
