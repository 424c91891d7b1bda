import { defineSettings, parseSettings, setting } from '@linkspan/core';

/** The limits of every decoder, to be spread into its table of options. */
export const limitSettings = defineSettings({
  maxLineBytes: setting.integer({ default: 1024 * 1024, min: 1, orInfinity: true, env: false }),
  maxEventBytes: setting.integer({
    default: 16 * 1024 * 1024,
    min: 1,
    orInfinity: true,
    env: false,
  }),
  maxStreamBytes: setting.integer({ default: Infinity, min: 1, orInfinity: true, env: false }),
});

export const sseDecoderSettings = defineSettings({
  ...limitSettings,
  dispatchIncomplete: setting.boolean({ default: false, env: false }),
});
