import { arrive, type Limits } from './arrivals.ts';
import type { Return } from './crowd.ts';
import { hiddenLimits } from './hidden-limits.ts';
import { outage } from './outage.ts';
import {
  atLeast,
  atMost,
  type Figure,
  milliseconds,
  percent,
  ratio,
  type Simulation,
} from './simulation.ts';
import { streamReturn } from './stream-return.ts';
import { webSocketReturn } from './web-socket-return.ts';

const CONNECTIONS = 1000;
const ARRIVALS = 10_000_000;
const ARRIVALS_IN_BRIEF = 100_000;

async function outageAt(perSecond: number, most: number): Promise<readonly Figure[]> {
  const { sentOverOffered, recoveryMs } = await outage({ perSecond });
  const name = `${perSecond} calls a second`;
  return [
    atMost(`${name}: sent over offered`, sentOverOffered, most, ratio),
    atMost(`${name}: last failure after the return`, recoveryMs, 1000, milliseconds),
  ];
}

async function hiddenBy(by: 'requests' | 'tokens'): Promise<readonly Figure[]> {
  const { refused, used } = await hiddenLimits({ by });
  return [
    atMost(`limited by ${by}: answers that are 429`, refused, 0.01, percent),
    atLeast(`limited by ${by}: used of the limit`, used, 0.95, percent),
  ];
}

function returned(what: string, downMs: number, found: Return): readonly Figure[] {
  const name = `${what}, down for ${downMs / 1000} s`;
  return [
    atMost(`${name}: the most attempts in 100 ms`, found.crowd, 0.05, percent),
    atLeast(`${name}: connected again`, found.connections, 0.99 * CONNECTIONS),
    atMost(`${name}: the last one after the return`, found.allBackMs, 20_000, milliseconds),
  ];
}

const limits: readonly Limits[] = [
  { requestsPerMinute: 7, inputTokensPerMinute: 1000, burst: 3 },
  { requestsPerMinute: 60, inputTokensPerMinute: 90_000, burst: 60 },
  { requestsPerMinute: 600, burst: 10 },
  { requestsPerMinute: 10_000, burst: 1000 },
];

/** Every simulation, by the name that the command knows it by. */
export const simulations: Readonly<Record<string, Simulation>> = {
  outage: {
    asks: 'What is a peer sent while it is down for 60 s, and how soon is all well again?',
    run: async () => [...(await outageAt(1000, 1.1)), ...(await outageAt(100, 1.2))],
  },
  nesting: {
    asks: 'Do layers that retry around one another multiply?',
    run: async () => {
      const three = await outage({ perSecond: 100, layers: 3 });
      const without = await outage({ perSecond: 100, hasBudget: false });
      return [
        atMost('three layers: sent over offered', three.sentOverOffered, 1.2, ratio),
        atLeast('one layer without a budget, to compare', without.sentOverOffered, 2.9, ratio),
      ];
    },
  },
  'hidden-limits': {
    asks: 'How well are limits used that nobody has told?',
    run: async () => [...(await hiddenBy('requests')), ...(await hiddenBy('tokens'))],
  },
  streams: {
    asks: `How do ${CONNECTIONS} streams of as many clients come back after a restart?`,
    run: async (isBrief) => {
      const figures: Figure[] = [];
      for (const downMs of isBrief ? [0, 2000] : [0, 2000, 10_000]) {
        // oxlint-disable-next-line no-await-in-loop -- one after another
        const found = await streamReturn({ streams: CONNECTIONS, downMs });
        figures.push(...returned('streams', downMs, found));
      }
      const asked = await streamReturn({ streams: CONNECTIONS, downMs: 0, retryMs: 1000 });
      return [...figures, ...returned('streams asked for retry: 1000', 0, asked)];
    },
  },
  'web-sockets': {
    asks: `How do ${CONNECTIONS} WebSockets of as many clients come back after a restart?`,
    run: async (isBrief) => {
      const figures: Figure[] = [];
      for (const downMs of isBrief ? [0] : [0, 2000]) {
        // oxlint-disable-next-line no-await-in-loop -- one after another
        const found = await webSocketReturn({ connections: CONNECTIONS, downMs });
        figures.push(...returned('WebSockets', downMs, found));
      }
      return figures;
    },
  },
  arrivals: {
    asks: `Is a limit ever exceeded by ${ARRIVALS} arrivals, while the clock jumps?`,
    run: (isBrief) =>
      limits.flatMap((each, index) => {
        const count = (isBrief ? ARRIVALS_IN_BRIEF : ARRIVALS) / limits.length;
        const { violations, share } = arrive(count, each, index + 1);
        const name = `${count} arrivals at ${each.requestsPerMinute} a minute`;
        return [
          atMost(`${name}: windows over the limit`, violations.length, 0),
          atLeast(`${name}: let go, of the limit`, share, 0.4, percent),
        ];
      }),
  },
};
