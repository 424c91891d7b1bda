import { type DecodeLimits, defineSettings, parseSettings, setting } from '@linkspan/core';

/** The limits of a decoder, all of them set. */
export type Limits = Required<DecodeLimits>;

/** The settings of a decoder of server-sent events. */
export interface SseSettings extends Limits {
  readonly dispatchIncomplete: boolean;
}

/** The settings of a decoder of NDJSON. */
export interface NdjsonSettings extends Limits {
  readonly malformed: 'fail' | 'event';
}

const limits = defineSettings({
  maxLineBytes: setting.integer({ default: 1024 * 1024, min: 1, orInfinity: true, env: false }),
  maxEventBytes: setting.integer({
    default: 16 * 1024 * 1024,
    min: 1,
    orInfinity: true,
    env: false,
  }),
  maxStreamBytes: setting.integer({ default: Infinity, min: 1, orInfinity: true, env: false }),
});

const sseSettings = defineSettings({
  ...limits,
  dispatchIncomplete: setting.boolean({ default: false, env: false }),
});

const ndjsonSettings = defineSettings({
  ...limits,
  malformed: setting.choice<'fail' | 'event', { readonly default: 'fail'; readonly env: false }>(
    ['fail', 'event'],
    { default: 'fail', env: false },
  ),
});

/** Checks the options of a decoder of NDJSON. */
export function parseNdjsonSettings(subject: string, options: object | undefined): NdjsonSettings {
  return parseSettings(subject, ndjsonSettings, options);
}

/** Checks the options of a decoder of lines. */
export function parseLimits(subject: string, options: object | undefined): Limits {
  return parseSettings(subject, limits, options);
}

/** Checks the options of a decoder of server-sent events. */
export function parseSseSettings(subject: string, options: object | undefined): SseSettings {
  return parseSettings(subject, sseSettings, options);
}
