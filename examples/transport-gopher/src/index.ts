// Gopher+ over TCP as a transport of Linkspan: the example that docs/writing-a-transport.md builds.
export { type GopherOptions, type GopherRequest, gopherTransport } from './gopher-transport.ts';
export { gopherTransportFactory } from './gopher-transport-factory.ts';
