import type { FailureFacts, LinkspanError, Phase } from '../errors/linkspan-error.ts';
import {
  ConnectionError,
  ConnectionRefusedError,
  DnsError,
  TlsError,
} from '../errors/transport-error.ts';

/** What a failure of a lower library is to a caller. */
export interface FailureRule {
  readonly make: (message: string, facts: FailureFacts) => LinkspanError;
  /** Said behind `Cannot send the request to https://api.example.com: `. */
  readonly state: string;
  readonly facts?: FailureFacts;
}

/** The connection broke: what that means depends on how far the call was. */
export const BROKEN = 'broken';

const connection: FailureRule['make'] = (message, facts) => new ConnectionError(message, facts);
const refused: FailureRule['make'] = (message, facts) => new ConnectionRefusedError(message, facts);
/** Makes the failure of a name that was not resolved. */
export const dnsFailure: FailureRule['make'] = (message, facts) => new DnsError(message, facts);
/** Makes the failure of a TLS handshake. */
export const tlsFailure: FailureRule['make'] = (message, facts) => new TlsError(message, facts);

const unresolved: FailureRule = { make: dnsFailure, state: 'its name cannot be resolved' };
const unreachable: FailureRule = {
  make: connection,
  state: 'its address cannot be reached',
  facts: { code: 'unreachable' },
};
const outOfResources: FailureRule = {
  make: connection,
  state: 'this machine has no socket, port or file handle left',
  facts: { code: 'resource' },
};
const denied: FailureRule = {
  make: connection,
  state: 'the system does not permit the connection',
  facts: { code: 'connection_denied', retryable: 'no' },
};
const tlsProtocol: FailureRule = {
  make: tlsFailure,
  state: 'the TLS handshake failed',
  facts: { code: 'tls_protocol' },
};
const certificate: FailureRule = {
  make: tlsFailure,
  state: 'its certificate was not accepted',
  facts: { code: 'tls_certificate' },
};

const rules: Readonly<Record<string, FailureRule | typeof BROKEN>> = {
  ENOTFOUND: unresolved,
  ENODATA: { make: dnsFailure, state: 'its name has no address' },
  EAI_AGAIN: {
    make: dnsFailure,
    state: 'the name server does not answer',
    facts: { code: 'dns_temporary', retryable: 'yes' },
  },
  ECONNREFUSED: { make: refused, state: 'nobody listens at its address' },
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EHOSTDOWN: unreachable,
  ENETDOWN: unreachable,
  EINVAL: unreachable,
  EADDRNOTAVAIL: outOfResources,
  EADDRINUSE: outOfResources,
  EMFILE: outOfResources,
  ENFILE: outOfResources,
  ENOBUFS: outOfResources,
  ENOMEM: outOfResources,
  EACCES: denied,
  EPERM: denied,
  ECONNRESET: BROKEN,
  ECONNABORTED: BROKEN,
  ENOTCONN: BROKEN,
  EPIPE: BROKEN,
  ETIMEDOUT: BROKEN,
  EPROTO: tlsProtocol,
  ERR_TLS_CERT_ALTNAME_INVALID: certificate,
};

/**
 * What a code of the system's sockets, of TLS or of the resolver is to a caller; `undefined` for one
 * that is none of theirs.
 */
export function socketFailureRule(
  code: string,
  phase: Phase,
): FailureRule | typeof BROKEN | undefined {
  if (Object.hasOwn(rules, code)) return rules[code];
  if (code.startsWith('EAI_')) return unresolved;
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code.startsWith('ERR_OSSL_')) {
    return tlsProtocol;
  }
  // OpenSSL names what is wrong with a certificate: CERT_HAS_EXPIRED, SELF_SIGNED_CERT_IN_CHAIN.
  if (/CERT|CRL|ISSUER|SIGNATURE|HOSTNAME/.test(code)) return certificate;
  if (phase === 'dns') return unresolved;
  return phase === 'tls' && code !== '' ? tlsProtocol : undefined;
}
