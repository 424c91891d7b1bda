import type { Usage } from 'linkspan';
import { AgentSession, type AgentStreamOptions } from 'linkspan/http/pydantic';
import type { AgentRow } from '../input/row.ts';
import type { AgentMessage, AnswerContent } from '../output/answer.ts';
import type { AgentClients } from './agent-clients.ts';
import { idempotencyKey, type RowCall } from './row-call.ts';

/** What an agent answered to one prompt. */
interface Reply {
  readonly text: string;
  readonly usage?: Usage | undefined;
  readonly timeToFirstEventMs?: number | undefined;
}

type Ask = (prompt: string, options: AgentStreamOptions) => Promise<Reply>;

/** Leads the conversation of a row. A turn that breaks off is repeated, those before it are not. */
export async function deliverAgent(
  row: AgentRow,
  clients: AgentClients,
  call: RowCall,
  mayRepeat: boolean,
): Promise<AnswerContent> {
  const ask = askerOf(row, clients);
  const messages: AgentMessage[] = [];
  let text = '';
  for (const [turn, prompt] of row.prompts.entries()) {
    // oxlint-disable-next-line no-await-in-loop -- each turn builds on the one before
    const reply = await call.exchange(mayRepeat, async (options) => {
      const key = { 'idempotency-key': `${idempotencyKey(row)}-${turn + 1}` };
      const headers = { ...options.headers, ...(mayRepeat && key) };
      return await ask(prompt, { ...options, ...call.eventClocks, headers });
    });
    call.note(reply);
    text = reply.text;
    messages.push({ role: 'user', content: prompt }, { role: 'assistant', content: text });
  }
  return { text, ...(row.prompts.length > 1 && { messages }) };
}

function askerOf({ agent: agentId, dialect }: AgentRow, { synapse, ndjson }: AgentClients): Ask {
  const session = new AgentSession(synapse, { agentId });
  switch (dialect) {
    case 'none':
      return async (prompt, { firstEventMs: _first, eventIdleMs: _idle, ...options }) => {
        const { result, usage } = await session.run(prompt, options);
        return { text: asText(result), usage };
      };
    case 'synapse':
      return async (prompt, options) => {
        const stream = await session.runStream(prompt, options);
        const { text } = await stream.result();
        return { text, ...(await stream.outcome) };
      };
    case 'ndjson':
      // Servers of this kind keep the history themselves. Every line holds the whole text so far.
      return async (prompt, options) => {
        const stream = await ndjson.runStream(prompt, { ...options, agentId });
        const last = (await stream.result()) as { readonly content?: unknown } | null | undefined;
        return { text: asText(last?.content ?? last), ...(await stream.outcome) };
      };
  }
}

/** Agents that give structured results are answered for in JSON. */
function asText(result: unknown): string {
  return typeof result === 'string' ? result : JSON.stringify(result ?? null);
}
