import { parseSettings, setting, type SettingsTable } from '@linkspan/core';
import { refuse } from './choose-play.ts';
import type { Origins, Play } from './fault.ts';
import type { FaultId, FaultsById } from './faults.ts';
import { LoopbackFaultServer } from './loopback-fault-server.ts';
import { canHang } from './ports.ts';
import type { SeenRequest } from './seen-request.ts';
import type { ServerEvent } from './server-log.ts';

/** What {@link faultServer} takes. */
export interface FaultServerOptions {
  /**
   * Opens the port of the fault `connect-hang`, which needs a thread and a system that drops what
   * connects to a full queue: Linux.
   *
   * @default false
   */
  readonly hang?: boolean | undefined;
}

/** One step of a sequence: a fault, a fault with numbers, or a play of one's own. */
export type SequenceStep =
  | FaultId
  | { readonly [Id in FaultId]: readonly [id: Id, numbers: Partial<FaultsById[Id]>] }[FaultId]
  | Play;

/** The schemes that a URL of a fault can have. Without one it has that of its port. */
export type FaultScheme = 'http' | 'https' | 'ws' | 'wss';

/** A server on the loopback device that stumbles as it is asked to. */
export interface FaultServer extends AsyncDisposable {
  /** For clients that are to trust the server. */
  readonly tls: {
    /** The certificate of the authority, in PEM. */
    readonly authority: string;
  };
  /** Where each port of the server is: `http://127.0.0.1:40001`. */
  readonly origins: Origins;
  /**
   * A URL whose every request is answered with this fault. It can be given to a client in any
   * language. A `scheme` plays it over TLS, or to a WebSocket client.
   *
   * @throws ConfigurationError for an id or a number that there is not, and for a port that is not open.
   */
  url<Id extends FaultId>(id: Id, numbers?: Partial<FaultsById[Id]>, scheme?: FaultScheme): string;
  /**
   * A URL whose requests are answered as `play` writes, and so are those below it: it can be the base
   * URL of a client. What `play` throws is thrown by `close()`.
   */
  script(play: Play, scheme?: FaultScheme): string;
  /**
   * A URL whose requests are answered with these, one after another, the last one again and again.
   *
   * @throws ConfigurationError for a fault that has a port of its own, and where there is no step.
   */
  sequence(steps: readonly SequenceStep[], scheme?: FaultScheme): string;
  /**
   * What was asked of a URL of this server, on any of its ports, in the order of arrival; of a script,
   * what is below it as well.
   */
  requests(url: string | URL): readonly SeenRequest[];
  /** Resolves when so many requests for the URL have begun, with the last of them. @default 1 */
  arrival(url: string | URL, count?: number): Promise<SeenRequest>;
  /** How many connections are open. */
  readonly connections: number;
  /** How many connections there have been. */
  readonly opened: number;
  /** Resolves when no connection is open, at once where none is. */
  idle(): Promise<void>;
  /** How many bytes of floods were given to the system. */
  readonly flooded: number;
  /** What has happened, in order. */
  readonly events: readonly ServerEvent[];
  /**
   * Ends every connection and gives back every port. May be called again.
   *
   * @throws AggregateError with what scripts threw, if any did.
   */
  close(): Promise<void>;
}

interface FaultServerSettings {
  readonly hang: boolean;
}

const table: SettingsTable<FaultServerSettings, FaultServerOptions> = {
  hang: setting.boolean({ default: false, env: false }),
};

/**
 * Starts a server on 127.0.0.1 that plays faults: over TCP, TLS and WebSocket, chosen by the URL that
 * a client is pointed at.
 *
 * @throws ConfigurationError with every option that is wrong.
 */
export async function faultServer(options?: FaultServerOptions): Promise<FaultServer> {
  const { hang } = parseSettings('faultServer()', table, options);
  if (hang && !canHang) {
    throw refuse('configure faultServer()', 'hang', 'expected false on this system, found true');
  }
  const server = new LoopbackFaultServer();
  await server.open(hang);
  return server;
}
