import type { SampleName } from '@linkspan/testkit';

/**
 * Reads one stream as a user of a client would, and gives the text that the user has when the client
 * says that it was whole. It rejects when the client says that it was not.
 */
export interface StreamReader {
  /** What the report calls it: `openai 7.55.0, create()`. */
  readonly name: string;
  readonly protocol: SampleName;
  read(url: string): Promise<string>;
}

/** The clocks that a client is given, where it has any, in milliseconds. */
export const CLOCK_MS = 800;

/** What every request asks; the server does not look at it. */
export const PROMPT = 'What is a linkspan?';
