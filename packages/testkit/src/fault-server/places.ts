import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { certificates } from './certificates.ts';
import type { Origins, Place } from './fault.ts';
import type { PeerConnection } from './peer-connection.ts';
import { hangingPort, listen, type Port, refusingPort } from './ports.ts';

/** What happens to a connection at each port that takes any. */
const behaviours: Readonly<
  Record<Exclude<Place, 'refuse' | 'hang'>, (connection: PeerConnection) => void>
> = {
  plain: (connection) => connection.start(),
  elsewhere: (connection) => connection.start(),
  tls: (connection) => connection.start(),
  'tls-unknown': (connection) => connection.start(),
  'tls-expired': (connection) => connection.start(),
  'tls-wrong-host': (connection) => connection.start(),
  'tls-stall': ({ socket }) => void socket.resume(),
  'tls-garbage': ({ socket }) => {
    socket.once('data', () => socket.end('This is no TLS.\r\n\r\n')).resume();
  },
  'tls-reset': (connection) => {
    connection.socket.once('data', () => connection.reset());
  },
  'accept-reset': (connection) => connection.reset(),
};

const shown: Readonly<Partial<Record<Place, keyof typeof certificates>>> = {
  tls: 'trusted',
  'tls-unknown': 'unknown',
  'tls-expired': 'expired',
  'tls-wrong-host': 'elsewhere',
};

/** The ports of a fault server. */
export interface Places {
  readonly origins: Origins;
  close(): Promise<void>;
}

/** Takes a connection that a port has accepted. */
export type TakeSocket = (
  place: Place,
  socket: Socket,
  secureContext: SecureContext | undefined,
) => PeerConnection;

/** Opens all ports, each with what it does to connections. */
export async function openPlaces(take: TakeSocket, withHang: boolean): Promise<Places> {
  const ports = new Map<Place, Port>();
  try {
    const opened = Object.entries(behaviours).map(async ([name, behave]) => {
      const place = name as keyof typeof behaviours;
      let context: SecureContext | undefined;
      const certificate = shown[place];
      const port = await listen((socket) => {
        if (certificate !== undefined) context ??= createSecureContext(certificates[certificate]);
        behave(take(place, socket, context));
      });
      ports.set(place, port);
    });
    await Promise.all(opened);
    ports.set('refuse', await refusingPort());
    if (withHang) ports.set('hang', await hangingPort());
  } catch (error) {
    await closeAll(ports);
    throw error;
  }
  const origins = {} as Record<Place, string>;
  for (const [place, { port }] of ports) {
    origins[place] = `${place.startsWith('tls') ? 'https' : 'http'}://127.0.0.1:${port}`;
  }
  return { origins, close: () => closeAll(ports) };
}

async function closeAll(ports: ReadonlyMap<Place, Port>): Promise<void> {
  await Promise.all(Array.from(ports.values(), (port) => port.close()));
}
