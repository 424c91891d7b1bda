import type { StumbleKind } from './stumble.ts';

/** The upstreams that a server plays. */
export type UpstreamName =
  | 'openai'
  | 'anthropic'
  | 'gemini'
  | 'agent'
  | 'a2a'
  | 'mcp'
  | 'json'
  | 'webSocket';

/** One request as it arrived. Nothing is hidden: its credentials are what the client sent. */
export interface ReceivedRequest {
  /** Who was asked; `undefined` when nobody is at that path. */
  readonly upstream: UpstreamName | undefined;
  readonly method: string;
  /** As it was sent, without the query: `'/openai/v1/chat/completions'`. */
  readonly path: string;
  /** Of a parameter that is there twice, the last. */
  readonly query: Readonly<Record<string, string>>;
  /** In lower case; fields that were there twice are joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text; `''` without one. */
  readonly text: string;
  /** The body decoded from JSON; `undefined` without one, and when it is none. */
  readonly body: unknown;
  /** What went wrong with it on purpose. */
  readonly stumble: StumbleKind | undefined;
  /**
   * `'open'` while it is answered; `'broken'` when a stumble cut its answer; `'left'` when the client
   * went away before the end, or the server was closed.
   */
  readonly state: 'open' | 'answered' | 'broken' | 'left';
}
