import {
  LinkspanError,
  type FailureKind,
  type Phase,
  type Sent,
} from '../errors/linkspan-error.ts';
import { StatusError } from '../errors/status-error.ts';

/** What is kept of a failure: plain data, without its stack and its cause. */
export interface FailureNote {
  readonly name: string;
  /** Of failures of Linkspan, as is all that follows. */
  readonly kind?: FailureKind;
  readonly code?: string;
  readonly status?: number;
  readonly phase?: Phase;
  readonly sent?: Sent;
  readonly message?: string;
  readonly requestId?: string;
}

/** What happens to a call: a phase begins, or one of these. */
export type CallEvent = Phase | 'attempt' | 'failed' | 'resumed';

/** One thing that happened to a call. */
export interface CallMark {
  /** On the clock of the call. */
  readonly at: number;
  readonly attempt: number;
  readonly event: CallEvent;
  /** Of `failed`. */
  readonly failure?: FailureNote;
  /** Of `backoff`: how long the next try waits. */
  readonly waitMs?: number;
  /** Of `backoff`: who asked for that wait, if anybody did. */
  readonly askedBy?: 'peer' | 'layer' | undefined;
}

/** A stream that is resumed for days has no end of marks: the first and the last of them tell. */
const MOST_MARKS = 64;
const KEPT_FROM_BEGIN = 16;

/**
 * What happened to one call, in its order. A call that is answered by its first attempt has none: it
 * is begun when something fails.
 */
export class CallTrail {
  readonly marks: CallMark[] = [];
  /** How many marks are left out behind the first ones. */
  omitted = 0;

  add(mark: CallMark): void {
    this.marks.push(mark);
    if (this.marks.length <= MOST_MARKS) return;
    this.marks.splice(KEPT_FROM_BEGIN, 1);
    this.omitted += 1;
  }
}

/** What can be told of something thrown. An error of somebody else's may say anything: its name it is. */
export function noteFailure(error: unknown): FailureNote {
  if (!(error instanceof LinkspanError)) return { name: nameOf(error) };
  const { name, kind, code, phase, sent, message, requestId } = error;
  return {
    name,
    kind,
    code,
    sent,
    message,
    ...(error instanceof StatusError && { status: error.status }),
    ...(phase !== undefined && { phase }),
    ...(requestId !== undefined && { requestId }),
  };
}

function nameOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return typeof error;
  const { name } = error as { readonly name?: unknown };
  return typeof name === 'string' && /^\w{1,60}$/.test(name) ? name : 'object';
}
