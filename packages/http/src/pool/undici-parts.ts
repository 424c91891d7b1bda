import type * as undici from 'undici';
// @ts-expect-error -- undici has types for its main entry alone
import connectModule from 'undici/lib/core/connect.js';
// @ts-expect-error -- undici has types for its main entry alone
import clientModule from 'undici/lib/dispatcher/client.js';

/**
 * The two parts of undici that this transport is built on. The main entry has them too, with fetch,
 * web sockets, caches and mocks beside them: loading it takes more than twice the time, which every
 * program pays before its first request. A test holds these to be the very same as those.
 */
export const Client: typeof undici.Client = clientModule;

/** Makes connectors: functions that open a TCP or TLS connection. */
export const buildConnector: typeof undici.buildConnector = connectModule;
