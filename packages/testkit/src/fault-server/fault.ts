import type { FaultExchange } from './fault-exchange.ts';

/** What can be hurt by a fault: plain HTTP, a stream of events, a WebSocket, a provider's SDK. */
export type Wire = 'http' | 'sse' | 'websocket' | 'sdk';

/**
 * One port of the fault server. `plain` and `elsewhere` are two origins that speak HTTP and take
 * WebSocket upgrades, `tls` one that does so over TLS with a good certificate. The others are
 * faults by themselves: what happens there happens before there is a request.
 */
export type Place =
  | 'plain'
  | 'elsewhere'
  | 'tls'
  | 'tls-unknown'
  | 'tls-expired'
  | 'tls-wrong-host'
  | 'tls-stall'
  | 'tls-garbage'
  | 'tls-reset'
  | 'accept-reset'
  | 'refuse'
  | 'hang';

/** Where each port of a fault server is: `http://127.0.0.1:40001`. Only `hang` may be closed. */
export type Origins = Readonly<Record<Exclude<Place, 'hang'>, string>> & {
  readonly hang?: string;
};

/** The numbers that a fault can be given, by name. */
export type FaultNumbers = Readonly<Record<string, number>>;

/**
 * Plays one request: writes what the server says, byte by byte, and decides how the connection ends.
 * When it is done and the connection is still open, the next request on it may come.
 */
export type Play = (exchange: FaultExchange) => unknown;

/** One way for a server to stumble, as data. */
export interface Fault<Numbers = FaultNumbers> {
  /** The row of the fault matrix that it plays; 0 for what is no fault. */
  readonly row: number;
  /** What it hurts. */
  readonly wires: readonly Wire[];
  /** What the server does, in a sentence: `'resets the connection within the head'`. */
  readonly title: string;
  /** The numbers that it takes, with their defaults. */
  readonly numbers?: Numbers;
  /** The port that plays it. @default 'plain' */
  readonly place?: Place;
  /** The scheme of its URL, where it is not that of its port. @default that of its port */
  readonly scheme?: 'https' | 'ws';
  /** Answers one request. Absent where no request is ever answered. */
  readonly play?: (exchange: FaultExchange, numbers: Numbers) => unknown;
}

/** Faults by id; `Numbers` says which there are, and which numbers each takes. */
export type FaultTable<Numbers> = {
  readonly [Id in keyof Numbers]: Fault<Numbers[Id]>;
};

/** The type for the entry of a fault that takes no numbers. */
export type NoNumbers = Readonly<Record<string, never>>;

/** All wires that begin with an HTTP request. */
export const EVERY_WIRE: readonly Wire[] = ['http', 'sse', 'websocket', 'sdk'];
/** All wires whose answer is one of HTTP. */
export const HTTP_WIRES: readonly Wire[] = ['http', 'sse', 'sdk'];
