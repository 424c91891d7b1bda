import { ConfigurationError } from '../errors/local-errors.ts';
import type { Secret } from '../secrets/secret.ts';
import * as setting from '../settings/kinds.ts';
import type { SettingsTable } from '../settings/setting.ts';

/** Certificates and keys in PEM. */
export type Pem = string | Uint8Array | readonly (string | Uint8Array)[];

/** How TLS connections are made. */
export interface TlsOptions {
  /** Authorities that are trusted instead of the well-known ones. */
  readonly ca?: Pem | undefined;
  /** The client's own certificate. */
  readonly cert?: Pem | undefined;
  /** The key of `cert`. */
  readonly key?: Pem | undefined;
  /** The passphrase of `key`. */
  readonly passphrase?: string | Secret | undefined;
  /**
   * `false` accepts any certificate, for this transport alone: whoever is between can read and
   * change everything. The environment cannot switch it off.
   *
   * @default true
   */
  readonly rejectUnauthorized?: boolean | undefined;
  /** The name that the certificate must be for. @default the host of the URL */
  readonly servername?: string | undefined;
  /** @default 'TLSv1.2' */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined;
  /** @default the highest that the platform has */
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined;
  /** OpenSSL's list of ciphers. @default the platform's */
  readonly ciphers?: string | undefined;
}

/** {@link TlsOptions}, checked. */
export interface TlsSettings {
  readonly ca: Pem | undefined;
  readonly cert: Pem | undefined;
  readonly key: Pem | undefined;
  readonly passphrase: Secret | undefined;
  readonly rejectUnauthorized: boolean;
  readonly servername: string | undefined;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3' | undefined;
  readonly ciphers: string | undefined;
}

const versions = ['TLSv1.2', 'TLSv1.3'] as const;

/** The table of {@link TlsOptions}. */
export const tlsSettings: SettingsTable<TlsSettings, TlsOptions> = {
  ca: pemSetting(),
  cert: pemSetting(),
  key: pemSetting(),
  passphrase: setting.secret({ optional: true, env: false }),
  rejectUnauthorized: setting.boolean({ default: true, env: 'VERIFY_TLS' }),
  servername: setting.string({ optional: true, env: false }),
  minVersion: setting.choice(versions, { default: 'TLSv1.2', env: false }),
  maxVersion: setting.choice(versions, { optional: true, env: false }),
  ciphers: setting.string({ optional: true, env: false }),
};

/** What certificates, keys and ciphers a secure context of the platform is made of. */
export interface SecureContextFacts {
  readonly ca?: (string | Uint8Array)[];
  readonly cert?: (string | Uint8Array)[];
  readonly key?: (string | Uint8Array)[];
  readonly passphrase?: string;
  readonly ciphers?: string;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/** What `tls.connect` of Node is given. */
export interface TlsConnectOptions<SecureContext> {
  readonly secureContext?: SecureContext;
  readonly rejectUnauthorized: boolean;
  readonly servername?: string;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/**
 * Reads certificates and keys once, for all connections.
 *
 * @param createSecureContext that of `node:tls`: nothing here needs Node.
 * @throws ConfigurationError when OpenSSL does not accept them. No part of a key is told.
 */
export function prepareTls<SecureContext>(
  settings: TlsSettings,
  createSecureContext: (facts: SecureContextFacts) => SecureContext,
): TlsConnectOptions<SecureContext> {
  const { ca, cert, key, passphrase, ciphers, servername, minVersion, maxVersion } = settings;
  const common = {
    rejectUnauthorized: settings.rejectUnauthorized,
    minVersion,
    ...(maxVersion === undefined ? undefined : { maxVersion }),
    ...(servername === undefined ? undefined : { servername }),
  };
  const isPlain = [ca, cert, key, passphrase, ciphers].every((value) => value === undefined);
  if (isPlain) return common;
  try {
    const secureContext = createSecureContext({
      ...(ca === undefined ? undefined : { ca: list(ca) }),
      ...(cert === undefined ? undefined : { cert: list(cert) }),
      ...(key === undefined ? undefined : { key: list(key) }),
      ...(passphrase === undefined ? undefined : { passphrase: passphrase.reveal() }),
      ...(ciphers === undefined ? undefined : { ciphers }),
      minVersion,
      ...(maxVersion === undefined ? undefined : { maxVersion }),
    });
    return { ...common, secureContext };
  } catch (error) {
    const { code = 'unknown' } = error as { readonly code?: string };
    const message = `expected certificates and keys that OpenSSL accepts, found ${code}`;
    throw new ConfigurationError(`Cannot configure TLS: ${message}`, {
      issues: [{ option: 'tls', message }],
    });
  }
}

function list(given: Pem): (string | Uint8Array)[] {
  return typeof given === 'string' || given instanceof Uint8Array ? [given] : [...given];
}

function pemSetting(): SettingsTable<{ pem: Pem | undefined }, { pem?: Pem | undefined }>['pem'] {
  return setting.custom<Pem>({
    optional: true,
    env: false,
    expected: 'PEM text or bytes, or a list of them',
    // What was found may be a key: its type alone is told.
    check: (value, report) => {
      if (isPem(value) || (Array.isArray(value) && value.every(isPem))) return value;
      report(`expected PEM text or bytes, or a list of them, found ${typeof value}`);
      return undefined;
    },
  });
}

function isPem(value: unknown): value is string | Uint8Array {
  return (typeof value === 'string' && value !== '') || value instanceof Uint8Array;
}
