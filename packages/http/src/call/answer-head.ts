import { ProtocolError } from '@linkspan/core';
import type { Dispatcher } from 'undici';

/** How many fields the head of an answer may have. */
const MOST_HEADERS = 100;
/** How many interim answers (1xx) may come before the answer itself. */
const MOST_INTERIM = 32;

const facts = { phase: 'headers', sent: 'yes' } as const;

/** What is wrong with the head of an answer that the parser accepts, if something is. */
export function checkHead(
  origin: string,
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  { rawHeaders }: Dispatcher.DispatchController,
): ProtocolError | undefined {
  if (Array.isArray(rawHeaders) && rawHeaders.length > 2 * MOST_HEADERS) {
    return new ProtocolError(
      `Cannot read the answer of ${origin}: it has more than ${MOST_HEADERS} headers`,
      { ...facts, code: 'headers_overflow' },
    );
  }
  if (status === 204 && Number(headers['content-length'] ?? 0) > 0) {
    return new ProtocolError(
      `Cannot read the answer of ${origin}: it is a 204 and announces a body`,
      facts,
    );
  }
  return undefined;
}

/** What is wrong when so many interim answers have come, if something is. */
export function checkInterim(origin: string, count: number): ProtocolError | undefined {
  if (count <= MOST_INTERIM) return undefined;
  return new ProtocolError(
    `Cannot get an answer from ${origin}: more than ${MOST_INTERIM} interim answers (1xx) came before it`,
    { ...facts, code: 'informational_flood' },
  );
}
