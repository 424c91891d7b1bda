/** One good stream of a protocol, event by event, and what belongs to its faults. */
export interface StreamSample {
  /** The media type of the answer. */
  readonly contentType: string;
  /** Each event as it is on the wire, with what ends it. */
  readonly events: readonly string[];
  /**
   * How many of the last events are the terminator: a stream that ends before the first of them is
   * not whole, and where there are several, clients differ in how many they need. 0 where the
   * protocol has none, and the end of the bytes is the end of the stream.
   */
  readonly terminal: number;
  /**
   * The protocol lets more follow the terminator, as where each of several answers has one. A client
   * may then take what follows for a stream that was cut.
   *
   * @default false
   */
  readonly mayGoOn?: boolean;
  /** An event by which the peer reports an error within the stream; absent where there is no such. */
  readonly error?: string;
  /** An event that says only that the peer is alive. */
  readonly noProgress?: string;
  /** An event that cannot be read. */
  readonly malformed?: string;
}

/** An event that has only data. */
export function dataEvent(value: unknown): string {
  return `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;
}

/** An event whose name is the `type` in its data, as several providers send them. */
export function namedEvent(value: {
  readonly type: string;
  readonly [field: string]: unknown;
}): string {
  return `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
}
