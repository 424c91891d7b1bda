/** What a request carries, said so that a retry knows whether it can be sent again. */
export type Payload =
  /** Any value; the transport encodes it, as JSON where it speaks bytes. */
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** Makes the same stream again for every attempt. */
  | {
      readonly kind: 'factory';
      readonly open: () => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;
      /** The number of bytes it will give, where that is known. */
      readonly byteLength?: number;
    }
  /** A stream that can be read once. A request with it is never sent twice. */
  | {
      readonly kind: 'stream';
      readonly stream: AsyncIterable<unknown>;
      readonly byteLength?: number;
    };

/** Whether the payload can be sent a second time. */
export function isReplayable(payload: Payload | undefined): boolean {
  return payload?.kind !== 'stream';
}
