// NATS as a transport of Linkspan: request-reply and subscription over a connection that calls share.
export type { NatsOperation } from './nats-request.ts';
export { type NatsOptions, type NatsRequest, natsTransport } from './nats-transport.ts';
export { natsTransportFactory } from './nats-transport-factory.ts';
