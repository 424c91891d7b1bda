import type { CallContext, TransportRequest, TransportResponse } from '@linkspan/core';
import type { Gate, Pass } from './gate.ts';

/** One gate of several, which a call passes in their order. */
export function gatesInTurn(gates: readonly Gate[]): Gate {
  return gates.length === 0
    ? OPEN
    : gates.reduceRight((inner, outer) => new TwoGates(outer, inner));
}

const FREE: Pass = { answered: (response) => response, failed() {} };
const OPEN: Gate = { admit: () => FREE };

class TwoGates implements Gate {
  readonly #outer: Gate;
  readonly #inner: Gate;

  constructor(outer: Gate, inner: Gate) {
    this.#outer = outer;
    this.#inner = inner;
  }

  admit(request: TransportRequest, context: CallContext): Pass | Promise<Pass> {
    const outer = this.#outer.admit(request, context);
    return outer instanceof Promise
      ? outer.then((late) => this.#goOn(late, request, context))
      : this.#goOn(outer, request, context);
  }

  #goOn(outer: Pass, request: TransportRequest, context: CallContext): Pass | Promise<Pass> {
    let inner: Pass | Promise<Pass>;
    try {
      inner = this.#inner.admit(request, context);
    } catch (refusal) {
      outer.failed(refusal);
      throw refusal;
    }
    return inner instanceof Promise ? bothOf(outer, inner) : new BothPasses(outer, inner);
  }
}

async function bothOf(outer: Pass, inner: Promise<Pass>): Promise<Pass> {
  try {
    return new BothPasses(outer, await inner);
  } catch (refusal) {
    outer.failed(refusal);
    throw refusal;
  }
}

/** The inner one is told first, as if each were a layer of its own. */
class BothPasses implements Pass {
  readonly #outer: Pass;
  readonly #inner: Pass;

  constructor(outer: Pass, inner: Pass) {
    this.#outer = outer;
    this.#inner = inner;
  }

  answered(response: TransportResponse): TransportResponse {
    return this.#outer.answered(this.#inner.answered(response));
  }

  failed(error: unknown): void {
    this.#inner.failed(error);
    this.#outer.failed(error);
  }
}
