import { AgentSession } from './agent-session.ts';
import type { AnswerContent } from '../output/answer.ts';
import type { AgentClients } from './clients.ts';
import type { AgentRow } from '../input/row.ts';
import { idempotencyKey, type RowCall } from './row-call.ts';

/** Leads the conversation of a row. A turn that breaks off is repeated, those before it are not. */
export async function deliverAgent(
  row: AgentRow,
  clients: AgentClients,
  call: RowCall,
  mayRepeat: boolean,
): Promise<AnswerContent> {
  const session = new AgentSession(clients, row.agent);
  let text = '';
  for (const [turn, prompt] of row.prompts.entries()) {
    // oxlint-disable-next-line no-await-in-loop -- each turn builds on the one before
    const reply = await call.exchange(mayRepeat, async (options) => {
      const key = { 'idempotency-key': `${idempotencyKey(row)}-${turn + 1}` };
      const headers = { ...options.headers, ...(mayRepeat && key) };
      const turnOptions = { ...options, ...call.eventClocks, headers };
      return row.dialect === 'none'
        ? await session.run(prompt, turnOptions)
        : await session.runStream(row.dialect, prompt, turnOptions);
    });
    call.note(reply);
    text = reply.text;
  }
  return { text, ...(row.prompts.length > 1 && { messages: session.history }) };
}
