import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** What the peer of the kit plays its scenes on. */
export interface PeerWire {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  onMessage: (data: Buffer, isBinary: boolean) => void;
  /** The client has said that it sends nothing more. */
  onClose: (code: number) => void;
  /** Answers the upgrade, and begins to read. */
  open(headers?: Readonly<Record<string, string>>): void;
  /** Refuses the upgrade with an answer. */
  refuse(status: number, headers: Readonly<Record<string, string>>, body: Uint8Array): void;
  /** Sends a message. Resolves when there is room for more, or nobody is there any more. */
  send(message: Uint8Array): Promise<void>;
  /** Says that nothing more is sent. */
  sendClose(): Promise<void>;
  /** Takes nothing more, until it is released. */
  hold(): void;
  release(): void;
  /** Ends the connection, when the client has ended, too. */
  hangUp(): void;
  /** Ends it as if there was no more to come, in the middle. */
  cut(): void;
}
