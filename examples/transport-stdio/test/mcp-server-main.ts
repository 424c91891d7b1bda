// A server of MCP, by the official SDK, on stdio.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const server = new McpServer({ name: 'bridges', version: '1.0.0' });
server.registerTool(
  'raise',
  { description: 'Raises the bridge, step by step', inputSchema: { steps: z.number() } },
  async ({ steps }, { sendNotification, _meta }) => {
    const progressToken = _meta?.progressToken;
    for (let progress = 1; progress <= steps; progress++) {
      if (progressToken === undefined) break;
      const params = { progressToken, progress, total: steps };
      // oxlint-disable-next-line no-await-in-loop -- one step after another
      await sendNotification({ method: 'notifications/progress', params });
    }
    return { content: [{ type: 'text', text: `Raised in ${steps} steps` }] };
  },
);
await server.connect(new StdioServerTransport());
