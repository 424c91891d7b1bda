import {
  type FailureFacts,
  type FailureKind,
  LinkspanError,
  nameErrorClass,
  withDefaults,
} from './linkspan-error.ts';

/** Everything that goes wrong on the way to the peer and back. */
export class TransportError extends LinkspanError {
  static {
    nameErrorClass(this, 'TransportError');
  }
  override readonly kind: FailureKind = 'transport';

  constructor(message: string, facts: FailureFacts = {}) {
    super(message, withDefaults({ code: 'transport' }, facts));
  }
}

/** The connection could not be made, or broke. */
export class ConnectionError extends TransportError {
  static {
    nameErrorClass(this, 'ConnectionError');
  }
  override readonly kind: FailureKind = 'network';

  constructor(message: string, facts: FailureFacts = {}) {
    super(message, withDefaults({ code: 'connection', retryable: 'yes', phase: 'connect' }, facts));
  }
}

/** The name of the peer could not be resolved. */
export class DnsError extends ConnectionError {
  static {
    nameErrorClass(this, 'DnsError');
  }

  constructor(message: string, facts: FailureFacts = {}) {
    super(message, withDefaults({ code: 'dns', retryable: 'no', phase: 'dns' }, facts));
  }
}

/** Nobody listens at the address. */
export class ConnectionRefusedError extends ConnectionError {
  static {
    nameErrorClass(this, 'ConnectionRefusedError');
  }

  constructor(message: string, facts: FailureFacts = {}) {
    super(message, withDefaults({ code: 'connection_refused' }, facts));
  }
}

/** The connection was not made in time. Its `kind` is `timeout`. */
export class ConnectionTimeoutError extends ConnectionError {
  static {
    nameErrorClass(this, 'ConnectionTimeoutError');
  }
  override readonly kind: FailureKind = 'timeout';
  /** The option whose limit was reached. */
  readonly clock: 'connectMs' | 'handshakeMs';
  readonly limitMs: number;
  readonly elapsedMs: number;

  constructor(
    message: string,
    facts: FailureFacts & {
      /** @default 'connectMs' */
      readonly clock?: 'connectMs' | 'handshakeMs';
      readonly limitMs: number;
      readonly elapsedMs: number;
    },
  ) {
    super(message, withDefaults({ code: 'connect_timeout' }, facts));
    this.clock = facts.clock ?? 'connectMs';
    this.limitMs = facts.limitMs;
    this.elapsedMs = facts.elapsedMs;
  }
}

/** The TLS handshake failed, or the certificate was not accepted. */
export class TlsError extends ConnectionError {
  static {
    nameErrorClass(this, 'TlsError');
  }

  constructor(message: string, facts: FailureFacts = {}) {
    super(message, withDefaults({ code: 'tls', retryable: 'no', phase: 'tls' }, facts));
  }
}

/** The peer, or something between, broke the connection. */
export class ConnectionResetError extends ConnectionError {
  static {
    nameErrorClass(this, 'ConnectionResetError');
  }

  constructor(message: string, facts: FailureFacts = {}) {
    super(
      message,
      withDefaults({ code: 'connection_reset', retryable: 'if-idempotent', sent: 'maybe' }, facts),
    );
  }
}

/** A message could not be written or read. */
export class MessageError extends TransportError {
  static {
    nameErrorClass(this, 'MessageError');
  }
  override readonly kind: FailureKind = 'message';

  constructor(message: string, facts: FailureFacts = {}) {
    super(message, withDefaults({ code: 'message' }, facts));
  }
}

/** The value cannot be written in the wire format. */
export class SerializationError extends MessageError {
  static {
    nameErrorClass(this, 'SerializationError');
  }

  constructor(message: string, facts: FailureFacts = {}) {
    super(message, withDefaults({ code: 'encode', phase: 'send' }, facts));
  }
}

/** The bytes are not what the wire format says. */
export class DeserializationError extends MessageError {
  static {
    nameErrorClass(this, 'DeserializationError');
  }

  constructor(message: string, facts: FailureFacts = {}) {
    super(message, withDefaults({ code: 'decode', phase: 'body', sent: 'yes' }, facts));
  }
}

/** The message is larger than the limit. */
export class MessageTooLargeError extends MessageError {
  static {
    nameErrorClass(this, 'MessageTooLargeError');
  }

  constructor(message: string, facts: FailureFacts = {}) {
    super(message, withDefaults({ code: 'message_too_large', phase: 'body', sent: 'yes' }, facts));
  }
}

/** The peer broke the rules of the protocol. */
export class ProtocolError extends TransportError {
  static {
    nameErrorClass(this, 'ProtocolError');
  }
  override readonly kind: FailureKind = 'protocol';

  constructor(message: string, facts: FailureFacts = {}) {
    super(message, withDefaults({ code: 'protocol', sent: 'yes' }, facts));
  }
}

/** The stream ended before its terminator. */
export class StreamIncompleteError extends TransportError {
  static {
    nameErrorClass(this, 'StreamIncompleteError');
  }
  override readonly kind: FailureKind = 'stream-incomplete';

  constructor(message: string, facts: FailureFacts = {}) {
    super(message, withDefaults({ code: 'incomplete_stream', phase: 'body', sent: 'yes' }, facts));
  }
}

/** The stream was resumed, and something in between is missing. */
export class StreamGapError extends TransportError {
  static {
    nameErrorClass(this, 'StreamGapError');
  }
  override readonly kind: FailureKind = 'stream-gap';

  constructor(message: string, facts: FailureFacts = {}) {
    super(message, withDefaults({ code: 'stream_gap', phase: 'body', sent: 'yes' }, facts));
  }
}
