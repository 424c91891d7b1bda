import { isSecretHeader, setting, type SettingsTable } from '@linkspan/core';
import type { RedactHook, RedactionSettings } from './redaction.ts';

/** What a recording keeps. */
export interface RecordingOptions {
  /**
   * How many bytes of one body, or of one payload, are kept. What comes after is handed on, and not
   * recorded. @default 16 MiB
   */
  readonly maxBodyBytes?: number | undefined;
  /** Whether it is recorded how long heads and chunks took. @default false */
  readonly timing?: boolean | undefined;
  /**
   * Headers whose values are kept beside those that are known to be harmless, in lower case. One
   * whose name says that it carries a credential is refused. @default none
   */
  readonly keepHeaders?: readonly string[] | undefined;
  /**
   * Takes out of a text what only you know to be secret. It sees targets, values of headers,
   * payloads, bodies and messages, after what looks like a credential was taken out.
   *
   * @default nothing more
   */
  readonly redact?: RedactHook | undefined;
}

/** {@link RecordingOptions}, checked and with defaults. */
export interface RecordingSettings extends RedactionSettings {
  readonly maxBodyBytes: number;
  readonly timing: boolean;
}

/** The settings of recording and replaying that have to be the same for both. */
export const redactionSettings: SettingsTable<
  RedactionSettings & { readonly maxBodyBytes: number },
  Pick<RecordingOptions, 'keepHeaders' | 'redact' | 'maxBodyBytes'>
> = {
  maxBodyBytes: setting.integer({ default: 16 * 1024 * 1024, min: 0, orInfinity: true }),
  keepHeaders: setting.list(
    setting.custom<string>({
      expected: 'the name of a header, in lower case, that carries no credential',
      check: (value) =>
        typeof value === 'string' && value === value.toLowerCase() && !isSecretHeader(value)
          ? value
          : undefined,
    }),
    { default: [], env: false },
  ),
  redact: setting.callback<RedactHook>({ optional: true }),
};

/** The table of {@link RecordingOptions}. */
export const recordingSettings: SettingsTable<RecordingSettings, RecordingOptions> = {
  ...redactionSettings,
  timing: setting.boolean({ default: false }),
};
