// Child processes as a transport of Linkspan: JSON-RPC on lines, as servers of MCP speak it.
export { type StdioOptions, stdioTransport } from './stdio-transport.ts';
export { stdioTransportFactory } from './stdio-transport-factory.ts';
export type { RpcId } from './json-rpc.ts';
