import { Deadline } from '@linkspan/concurrency';
import { type CallContext, createBody, type TransportResponse } from '@linkspan/core';
import type { Gate, Pass } from '../../src/gate/gate.ts';

export const get = { operation: 'GET', target: '/' };

export const context: CallContext = {
  signal: undefined,
  deadline: Deadline.unlimited,
  attempt: 1,
  streaming: false,
  attemptMs: Infinity,
  idleMs: Infinity,
  acceptStatus: () => true,
};

export const answer: TransportResponse = {
  status: 200,
  headers: {},
  body: createBody([], context),
};

/** How a gate lets a call through, or refuses it. */
export type Manner = 'at once' | 'late' | 'throws' | 'rejects' | 'breaks';

/** What refuses, or breaks. */
export const refusal = new Error('refused');

/** A gate that tells what it does, and is told. */
export function gateOf(name: string, manner: Manner, told: string[]): Gate {
  const pass: Pass = {
    answered(response) {
      told.push(`${name} answered ${response.status}`);
      if (manner === 'breaks') throw refusal;
      return { ...response, status: (response.status ?? 0) + 1 };
    },
    failed: (error) => void told.push(`${name} failed: ${(error as Error).message}`),
  };
  return {
    admit() {
      told.push(`${name} admits`);
      if (manner === 'throws') throw refusal;
      if (manner === 'rejects') return Promise.reject(refusal);
      return manner === 'late' ? Promise.resolve(pass) : pass;
    },
  };
}
