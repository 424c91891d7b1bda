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
  /** A stream that can be read once. A request with it is not sent again once it was read from. */
  | {
      readonly kind: 'stream';
      readonly stream: AsyncIterable<unknown>;
      readonly byteLength?: number;
      /** Tells whether nobody has begun to read it. Without it, that is not known. */
      readonly isUntouched?: () => boolean;
    };

/** Whether an attempt that has failed leaves the payload as it was, so that another can send it. */
export function isReplayable(payload: Payload | undefined): boolean {
  return payload?.kind !== 'stream' || payload.isUntouched?.() === true;
}
