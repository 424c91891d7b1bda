import type { AnswerRecord } from '../output/answer.ts';

/** How often a line is written where it cannot be rewritten: in a log. */
const LOG_EVERY_MS = 2_000;
/** How often the line of a terminal is rewritten. */
const REDRAW_EVERY_MS = 100;

/** Where progress is shown: the standard error, or a stand-in. */
export interface ProgressScreen {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/**
 * Shows how far a run is: one line that is rewritten on a terminal, and a line now and then in a
 * log. It is drawn when a row is done, so that it keeps no timer.
 */
export class Progress {
  readonly #screen: ProgressScreen;
  readonly #now: () => number;
  readonly #rows: number;
  #done: number;
  #failed = 0;
  #retries = 0;
  #drawnAt: number;
  #drawn = '';

  constructor(
    rows: number,
    done: number,
    screen: ProgressScreen,
    now: () => number = () => performance.now(),
  ) {
    this.#rows = rows;
    this.#done = done;
    this.#screen = screen;
    this.#now = now;
    this.#drawnAt = now();
  }

  /** A row is written to the output; `inFlight` others are on the way, whatever the `troubles`. */
  rowDone(record: AnswerRecord, inFlight: number, troubles = ''): void {
    this.#done += 1;
    this.#retries += record.retries.length;
    if (record.status === 'failed') this.#failed += 1;
    const everyMs = this.#screen.isTTY === true ? REDRAW_EVERY_MS : LOG_EVERY_MS;
    if (this.#now() - this.#drawnAt >= everyMs) this.#draw(inFlight, troubles);
  }

  /** The last state, and the line ended: what is written next has a line of its own. */
  end(): void {
    this.#draw(0, '');
    if (this.#screen.isTTY === true) this.#screen.write('\n');
  }

  #draw(inFlight: number, troubles: string): void {
    this.#drawnAt = this.#now();
    const percent = Math.floor((100 * this.#done) / this.#rows);
    const line =
      `${this.#done}/${this.#rows} rows (${percent} %), ${inFlight} in flight, ` +
      `${this.#failed} failed, ${this.#retries} retries${troubles && `; ${troubles}`}`;
    if (line === this.#drawn) return;
    this.#drawn = line;
    this.#screen.write(this.#screen.isTTY === true ? `\r\u001b[2K${line}` : `${line}\n`);
  }
}
