import {
  ConnectionError,
  ConnectionRefusedError,
  ConnectionResetError,
  DnsError,
  type LinkspanError,
  ProtocolError,
  TransportError,
} from '@linkspan/core';

const transport = 'gopher';

/** The failure of a connection that was not made: nothing was sent. */
export function connectFailure(cause: unknown): LinkspanError {
  const facts = { sent: 'no', transport, cause } as const;
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'ENOTFOUND':
      return new DnsError('Cannot connect: the name of the server is not known', facts);
    case 'EAI_AGAIN':
      return new DnsError('Cannot connect: the name server does not answer', {
        ...facts,
        code: 'dns_temporary',
        retryable: 'yes',
      });
    case 'ECONNREFUSED':
      return new ConnectionRefusedError('Cannot connect: nobody listens there', facts);
    default:
      return new ConnectionError('Cannot connect to the server', facts);
  }
}

/** The failure of a connection that broke before the head of the answer, or in its body. */
export function brokenConnection(phase: 'headers' | 'body', cause?: unknown): LinkspanError {
  return phase === 'headers'
    ? new ConnectionResetError('Cannot get an answer: the connection broke before its head', {
        phase,
        sent: 'maybe',
        transport,
        cause,
      })
    : new ConnectionResetError('Cannot read the answer: it was cut before its end', {
        code: 'body_truncated',
        phase,
        sent: 'yes',
        transport,
        cause,
      });
}

/** The failure of a peer that does not speak Gopher+, or not in a way that can be trusted. */
export function protocolFailure(state: string): LinkspanError {
  return new ProtocolError(`Cannot read the answer: ${state}`, { phase: 'headers', transport });
}

/** The codes that Gopher+ has for what cannot be had. */
const refusals = {
  1: { state: 'the item is not available', code: 'gopher_unavailable', retryable: 'no' },
  2: { state: 'the server asks to try again later', code: 'gopher_busy', retryable: 'yes' },
  3: { state: 'the item has moved', code: 'gopher_moved', retryable: 'no' },
} as const;

/** The failure that the server answered with: a code on its first line. */
export function refusal(text: string): LinkspanError {
  const { state, ...facts } = refusals[Number.parseInt(text, 10) as 1 | 2 | 3] ?? {
    state: 'the server refused',
    code: 'gopher_refused',
  };
  return new TransportError(`Cannot get the item: ${state}`, {
    ...facts,
    phase: 'headers',
    sent: 'yes',
    transport,
  });
}
