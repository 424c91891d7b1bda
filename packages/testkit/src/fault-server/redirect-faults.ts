import { type Fault, type FaultTable, type Wire } from './fault.ts';

/** Redirects that lead nowhere good. */
export interface RedirectFaults {
  'redirect-loop': { readonly status: number; readonly length: number; readonly at: number };
  'redirect-chain': { readonly status: number; readonly hops: number };
  'redirect-nowhere': { readonly status: number };
  'redirect-to-garbage': { readonly status: number };
  'redirect-other-origin': { readonly status: number };
  'redirect-to-http': { readonly status: number };
}

const WIRES: readonly Wire[] = ['http', 'sse', 'websocket'];

function redirect<Numbers extends { readonly status: number }>(
  title: string,
  numbers: Numbers,
  locationOf: (
    numbers: Numbers,
    origins: Readonly<Record<'plain' | 'elsewhere', string>>,
  ) => string | undefined,
): Fault<Numbers> {
  return {
    row: 43,
    wires: WIRES,
    title,
    numbers,
    async play(exchange, given) {
      await exchange.request.complete;
      const location = locationOf(given, exchange.origins);
      await exchange.answer(given.status, location === undefined ? {} : { location });
    },
  };
}

/** Row 43. */
export const redirectFaults: FaultTable<RedirectFaults> = {
  'redirect-loop': redirect(
    'redirects in a circle of this length',
    { status: 302, length: 1, at: 0 },
    ({ status, length, at }) =>
      `/faults/redirect-loop?status=${status}&length=${length}&at=${(at + 1) % length}`,
  ),
  'redirect-chain': redirect(
    'redirects this many times, each to another URL, and then answers "ok"',
    { status: 302, hops: 10 },
    ({ status, hops }) =>
      hops <= 1 ? '/faults/ok' : `/faults/redirect-chain?status=${status}&hops=${hops - 1}`,
  ),
  'redirect-nowhere': redirect('redirects without a Location', { status: 302 }, () => undefined),
  'redirect-to-garbage': redirect(
    'redirects to a Location that is no URL',
    { status: 302 },
    () => 'http://[nowhere',
  ),
  'redirect-other-origin': redirect(
    'redirects to `echo` on another port, which is another origin',
    { status: 307 },
    (_numbers, { elsewhere }) => `${elsewhere}/faults/echo`,
  ),
  'redirect-to-http': {
    ...redirect(
      'redirects from https to http',
      { status: 302 },
      (_numbers, { plain }) => `${plain}/faults/ok`,
    ),
    place: 'tls',
  },
};
