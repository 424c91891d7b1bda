import { parseSettings, setting } from '@linkspan/core';
import { type Fields, fieldsOf } from '../json-body.ts';
import { type RpcError, rpcErrors } from '../json-rpc.ts';

/** What a tool gives back. */
export interface McpToolReply {
  readonly text: string;
  /** Whether the text tells why the tool failed. @default false */
  readonly isError?: boolean;
  /** The same as data. */
  readonly structuredContent?: Readonly<Record<string, unknown>>;
  /** How many notifications of progress come before, where the client asks for them. @default 0 */
  readonly steps?: number;
}

/** A tool that the MCP server offers. */
export interface McpTool {
  readonly name: string;
  readonly description?: string;
  /** A JSON schema of an object. @default one of any object */
  readonly inputSchema?: Readonly<Record<string, unknown>>;
  /** Runs it with the arguments as they came. */
  readonly run: (
    args: Readonly<Record<string, unknown>>,
  ) => string | McpToolReply | Promise<string | McpToolReply>;
}

const toolSettings = {
  name: setting.string({ env: false }),
  description: setting.string({ optional: true, env: false }),
  inputSchema: setting.custom<object>({
    optional: true,
    expected: 'a JSON schema',
    check: (value) => (typeof value === 'object' && value !== null ? value : undefined),
  }),
  run: setting.callback(),
};

const echo: McpTool = {
  name: 'echo',
  description: 'Gives back the text that it is given',
  inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
  run: ({ text }) => String(text),
};

const count: McpTool = {
  name: 'count',
  description: 'Counts to a number, and tells its progress',
  inputSchema: { type: 'object', properties: { to: { type: 'integer' } }, required: ['to'] },
  run: ({ to }) => ({ text: `Counted to ${Number(to)}`, steps: Number(to) }),
};

/** The tools of one server: `echo` and `count`, and those of the author. */
export class McpTools {
  readonly #tools = new Map<string, McpTool>();

  constructor() {
    this.clear();
  }

  add(tool: McpTool): void {
    parseSettings('tool()', toolSettings, tool);
    this.#tools.set(tool.name, tool);
  }

  clear(): void {
    this.#tools.clear();
    for (const tool of [echo, count]) this.#tools.set(tool.name, tool);
  }

  /** The result of `tools/list`. */
  get list(): object {
    const tools = [...this.#tools.values()].map(({ name, description, inputSchema }) => ({
      name,
      ...(description !== undefined && { description }),
      inputSchema: inputSchema ?? { type: 'object' },
    }));
    return { tools };
  }

  /** Runs the tool that `tools/call` names. */
  async call(params: Fields): Promise<RpcError | CallResult> {
    const tool = this.#tools.get(String(params['name']));
    if (tool === undefined) {
      return { ...rpcErrors.invalidParams, message: `Unknown tool: ${String(params['name'])}` };
    }
    const given = await tool.run(fieldsOf(params['arguments']));
    const {
      text,
      isError = false,
      structuredContent,
      steps = 0,
    } = typeof given === 'string' ? { text: given } : given;
    const content = [{ type: 'text', text }];
    const result = { content, isError, ...(structuredContent && { structuredContent }) };
    return { result, progress: progressOf(params, steps) };
  }
}

/** What came of a call, and the notifications before it. */
export interface CallResult {
  readonly result: object;
  readonly progress: readonly object[];
}

function progressOf(params: Fields, steps: number): object[] {
  const { progressToken } = fieldsOf(params['_meta']);
  if (progressToken === undefined) return [];
  return Array.from({ length: steps }, (_, index) => ({
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken, progress: index + 1, total: steps },
  }));
}
