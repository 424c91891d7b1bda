import { randomUUID } from 'node:crypto';
import type { AgUiResult, ChatResult, VercelUiResult } from '@linkspan/dialects';
import type { AgentDialectName } from './agent-dialects.ts';
import type { AgentInput } from './agent-run.ts';

/** Where agents are run, and where they are streamed. */
export interface AgentPaths {
  readonly run: string;
  readonly stream: string;
}

/** What a stream has told when it is read, in any dialect. */
export type AgentAnswer = ChatResult &
  Pick<VercelUiResult, 'messageId'> &
  Pick<AgUiResult, 'finished'>;

/** How agents are asked in one dialect, and what their later runs are told of it. */
export interface AgentProtocol {
  /** Where they are, unless the client says otherwise. */
  readonly paths: AgentPaths;
  /** They have no other answer than a stream: to run one is to read its stream to the end. */
  readonly onlyStreams?: true;
  /** What is sent. */
  encode(input: AgentInput): Readonly<Record<string, unknown>>;
  /** The messages of one turn, for the history of the next. */
  turn(input: AgentInput, answer: AgentAnswer): readonly unknown[];
}

/** The names of pydantic-ai itself. What is undefined is not written. */
const plain: AgentProtocol = {
  paths: { run: '/run', stream: '/run/stream' },
  encode: (input) => ({
    prompt: input.prompt,
    message_history: input.messageHistory,
    model_settings: input.modelSettings,
    ...input.body,
  }),
  turn: (input, answer) => [
    { kind: 'request', parts: [{ part_kind: 'user-prompt', content: input.prompt }] },
    { kind: 'response', parts: [{ part_kind: 'text', content: answer.text }] },
  ],
};

/** The messages of the AI SDK, and the request of its `useChat`. */
const vercel: AgentProtocol = {
  paths: { run: '/api/chat', stream: '/api/chat' },
  onlyStreams: true,
  encode: (input) => ({
    trigger: 'submit-message',
    id: input.threadId ?? randomUUID(),
    messages: [...(input.messageHistory ?? []), uiMessage('user', input.prompt, input.messageId)],
    modelSettings: input.modelSettings,
    ...input.body,
  }),
  turn: (input, answer) => [
    uiMessage('user', input.prompt, input.messageId),
    uiMessage('assistant', answer.text, answer.messageId),
  ],
};

function uiMessage(role: string, text: string, id: string = randomUUID()): object {
  return { id, role, parts: [{ type: 'text', text }] };
}

/** AG-UI's `RunAgentInput`. Servers before 1.0 want every list, and refuse a version. */
const agUi: AgentProtocol = {
  paths: { run: '/', stream: '/' },
  onlyStreams: true,
  encode: (input) => ({
    threadId: input.threadId ?? randomUUID(),
    runId: randomUUID(),
    state: {},
    messages: [...(input.messageHistory ?? []), agUiMessage('user', input.prompt, input.messageId)],
    tools: [],
    context: [],
    forwardedProps: input.modelSettings === undefined ? {} : { modelSettings: input.modelSettings },
    ...input.body,
  }),
  turn: (input, answer) => [
    agUiMessage('user', input.prompt, input.messageId),
    agUiMessage('assistant', answer.text, answer.messageId),
  ],
};

function agUiMessage(role: string, content: string, id: string = randomUUID()): object {
  return { id, role, content };
}

/** The protocols by the name of their dialect. */
export const agentProtocols: Readonly<Record<AgentDialectName, AgentProtocol>> = {
  synapse: plain,
  vercel,
  'ag-ui': agUi,
  ndjson: plain,
};
