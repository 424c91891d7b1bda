import { agUi, type HttpClient, type HttpRequestInit, vercelUi } from 'linkspan';
import type { UiAgentRow } from '../input/row.ts';
import type { AgentMessage, AnswerContent } from '../output/answer.ts';
import { receiveStream } from './model-answer.ts';
import { idempotencyKey, type RowCall } from './row-call.ts';

/**
 * Leads the conversation of a row with an agent behind its Vercel or AG-UI adapter. A turn that
 * breaks off is repeated, those before it are not.
 */
export async function deliverUiAgent(
  row: UiAgentRow,
  client: HttpClient,
  call: RowCall,
  mayRepeat: boolean,
): Promise<AnswerContent> {
  const messages: AgentMessage[] = [];
  let answer: AnswerContent = {};
  for (const prompt of row.prompts) {
    messages.push({ role: 'user', content: prompt });
    const turn = (messages.length + 1) / 2;
    const init: HttpRequestInit = {
      method: 'POST',
      path: '',
      json: row.kind === 'ag-ui' ? agUiInput(row, messages, turn) : vercelInput(row, messages),
      ...(mayRepeat && { idempotencyKey: `${idempotencyKey(row)}-${turn}` }),
    };
    // oxlint-disable-next-line no-await-in-loop -- each turn builds on the one before
    answer = await call.exchange(mayRepeat, (options) =>
      row.kind === 'ag-ui'
        ? receiveStream(client, init, agUi, options, call)
        : receiveStream(client, init, vercelUi, options, call),
    );
    messages.push({ role: 'assistant', content: answer.text ?? '' });
  }
  return { ...answer, ...(row.prompts.length > 1 && { messages }) };
}

/** What the AI SDK sends: https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol */
function vercelInput({ id }: UiAgentRow, messages: readonly AgentMessage[]): object {
  return {
    trigger: 'submit-message',
    id,
    messages: messages.map(({ role, content }, index) => ({
      id: `${id}-${index}`,
      role,
      parts: [{ type: 'text', text: content }],
    })),
  };
}

/** `RunAgentInput`: https://docs.ag-ui.com/sdk/js/core/types */
function agUiInput({ id }: UiAgentRow, messages: readonly AgentMessage[], turn: number): object {
  return {
    threadId: id,
    runId: `${id}-${turn}`,
    state: {},
    messages: messages.map((message, index) => ({ id: `${id}-${index}`, ...message })),
    tools: [],
    context: [],
    forwardedProps: {},
  };
}
