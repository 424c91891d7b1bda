/** What the MCP server says of itself. */
export const SERVER_INFO = { name: 'linkspan-mock', version: '1.0.0' } as const;
