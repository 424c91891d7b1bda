import { parseSettings, setting, type SettingsEntries } from '@linkspan/core';
import type { ReceivedRequest } from './received-request.ts';
import { type Schedule, Scheduled, type ScheduleSettings, scheduleSettings } from './schedule.ts';
import { seededRandom } from './seeded-random.ts';
import type { Stumble, StumbleDetails, StumbleKind } from './stumble.ts';

/** Decides about each request by itself: how it stumbles, or `undefined` for an answer. */
export type StumbleChooser = (request: ReceivedRequest) => Stumble | undefined;

/** Scripts how an upstream fails. */
export interface Stumbling {
  /** Asks a function about every request that no other stumble applies to. */
  stumble(choose: StumbleChooser): void;
  /** Has the next request stumble, or those that the schedule names. The first that was added wins. */
  stumble<Kind extends StumbleKind>(kind: Kind, details?: StumbleDetails[Kind] & Schedule): void;
}

const hint = { retryAfterMs: setting.durationMs({ min: 0, optional: true, env: false }) };
const place = { afterEvents: setting.integer({ min: 0, optional: true, env: false }) };

const settings: Readonly<Record<StumbleKind, SettingsEntries>> = {
  'rate-limit': hint,
  overloaded: hint,
  'server-error': hint,
  quota: {},
  'bad-key': {},
  'reset-before-head': {},
  'reset-in-head': {},
  'no-answer': {},
  html: { status: setting.integer({ default: 200, min: 200, max: 599, env: false }) },
  'error-body': {},
  'cut-stream': {
    ...place,
    how: setting.choice(['end', 'reset'], { default: 'end', env: false }),
  },
  stall: place,
  'error-in-stream': place,
};

const kindSetting = {
  kind: setting.choice(Object.keys(settings) as StumbleKind[], { env: false }),
};

/** The stumbles of one upstream. */
export class StumbleScript {
  readonly #scheduled: Scheduled<Stumble>;
  #choosers: StumbleChooser[] = [];

  constructor(seed: string) {
    this.#scheduled = new Scheduled(seededRandom(seed));
  }

  add(first: StumbleKind | StumbleChooser, details: object = {}): void {
    if (typeof first === 'function') {
      this.#choosers.push(first);
      return;
    }
    const { kind } = parseSettings('stumble()', kindSetting, { kind: first });
    const read = parseSettings(
      `stumble('${kind}')`,
      { ...settings[kind], ...scheduleSettings },
      details,
    );
    const { times, when, probability, ...stumble } = read as ScheduleSettings;
    const isForNext = when === undefined && probability === 1;
    const schedule = { times, when, probability };
    this.#scheduled.add(stumbleOf(kind, stumble), schedule, isForNext ? 1 : Infinity);
  }

  /** How a request stumbles, which uses the stumble up. */
  take(request: ReceivedRequest): Stumble | undefined {
    const scheduled = this.#scheduled.take(request);
    if (scheduled !== undefined) return scheduled;
    for (const choose of this.#choosers) {
      const chosen = choose(request);
      if (chosen !== undefined) return checked(chosen);
    }
    return undefined;
  }

  clear(): void {
    this.#scheduled.clear();
    this.#choosers = [];
  }
}

function checked({ kind: given, ...details }: Stumble): Stumble {
  const { kind } = parseSettings('stumble()', kindSetting, { kind: given });
  return stumbleOf(kind, parseSettings(`stumble('${kind}')`, settings[kind], details));
}

/** The table of its kind has checked the details. */
function stumbleOf(kind: StumbleKind, details: object): Stumble {
  const stumble: object = { kind, ...details };
  return stumble as Stumble;
}
