const harbours = ['Rosslare', 'Holyhead', 'Calais', 'Dover', 'Trelleborg', 'Rostock', 'Ancona'];
const cargo = ['eleven lorries', 'a coach party', 'forty horses', 'a wind turbine blade', 'mail'];
const questions = [
  (place: string, load: string) => `When can ${load} leave ${place}?`,
  (place: string, load: string) => `Which berth in ${place} takes ${load}?`,
  (place: string, load: string) => `What does ${load} to ${place} cost at the weekend?`,
  (place: string, load: string) => `Who has to sign for ${load} in ${place}?`,
];
const tool = {
  type: 'function',
  function: {
    name: 'open_ticket',
    parameters: { type: 'object', properties: { question: { type: 'string' } } },
  },
};

function question(index: number): string {
  const place = harbours[index % harbours.length] as string;
  const load = cargo[index % cargo.length] as string;
  const ask = questions[index % questions.length] as (typeof questions)[number];
  return ask(place, load);
}

function jsonRow(index: number): object {
  if (index % 3 !== 0) return { path: `/v1/sailings/${1000 + index}` };
  const body = { sailing: 1000 + index, vehicles: 1 + (index % 4) };
  // A booking that may be sent twice says so; of the others a broken connection leaves doubt.
  return {
    method: 'POST',
    path: '/v1/bookings',
    body,
    ...(index % 2 === 0 && { idempotent: true }),
  };
}

function chatRow(index: number): object {
  const messages = [
    { role: 'system', content: 'You answer questions about ferries, briefly.' },
    { role: 'user', content: question(index) },
  ];
  const more =
    index % 10 === 3
      ? { tools: [tool] }
      : index % 10 === 6
        ? { stream: false }
        : index % 10 === 8
          ? { max_completion_tokens: 12 }
          : {};
  return { body: { model: index % 2 === 0 ? 'harbour-1' : 'harbour-mini', messages, ...more } };
}

function messagesRow(index: number): object {
  const messages = [{ role: 'user', content: question(index) }];
  const { name, parameters } = tool.function;
  const more =
    index % 10 === 3
      ? { tools: [{ name, input_schema: parameters }] }
      : index % 10 === 6
        ? { stream: false }
        : {};
  const limit = index % 10 === 8 ? 5 : 1024;
  return { body: { model: 'harbour-2', max_tokens: limit, messages, ...more } };
}

function uiAgentRow(index: number): object {
  return { prompt: index % 8 === 6 ? [question(index), 'And on a Sunday?'] : question(index) };
}

function agentRow(index: number): object {
  const agent = ['harbourmaster', 'purser', 'navigator'][index % 3];
  const prompt = index % 8 === 6 ? [question(index), 'And on a Sunday?'] : question(index);
  return { agent, prompt, ...dialectOf(index) };
}

function dialectOf(index: number): object {
  if (index % 4 === 1) return { dialect: 'ndjson' };
  return index % 10 === 8 ? { dialect: 'none' } : {};
}

function webSocketRow(index: number): object {
  const sailing = 2000 + index;
  if (index % 3 !== 0) {
    return { method: 'sailings.find', params: { number: sailing }, idempotent: true };
  }
  const params = { sailing, vehicles: 1 + (index % 4) };
  return { method: 'bookings.make', params, ...(index % 2 === 0 && { idempotent: true }) };
}

function sdkChatRow(kind: 'openai-sdk' | 'anthropic-sdk', index: number): object {
  const messages = [{ role: 'user', content: question(index) }];
  const { name, parameters } = tool.function;
  const more =
    index % 10 === 3
      ? { tools: [{ name, parameters }] }
      : index % 10 === 8
        ? { maxTokens: 5 }
        : { system: 'You answer questions about ferries, briefly.' };
  return { chat: { model: kind === 'openai-sdk' ? 'harbour-1' : 'harbour-2', messages, ...more } };
}

/** Rows that cannot be answered: the report shows what was wrong with each. */
const mistakes = [
  { id: 'json-missing', kind: 'json', path: '/v1/sailings/9001' },
  {
    id: 'json-invalid',
    kind: 'json',
    method: 'POST',
    path: '/v1/bookings',
    body: { sailing: 1000, vehicles: 0 },
  },
  {
    id: 'chat-unknown-model',
    kind: 'chat',
    body: { model: 'unknown-9', messages: [{ role: 'user', content: 'Hello?' }] },
  },
  {
    id: 'chat-bad-limit',
    kind: 'chat',
    body: {
      model: 'harbour-1',
      messages: [{ role: 'user', content: 'Hello?' }],
      max_completion_tokens: 0,
    },
  },
  { id: 'agent-unknown', kind: 'agent', agent: 'stowaway', prompt: 'Anybody there?' },
  {
    id: 'messages-unknown-model',
    kind: 'messages',
    body: {
      model: 'unknown-9',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Hello?' }],
    },
  },
  { id: 'web-socket-unknown', kind: 'web-socket', method: 'tides.turn', idempotent: true },
  {
    id: 'openai-sdk-unknown-model',
    kind: 'openai-sdk',
    chat: { model: 'unknown-9', messages: [{ role: 'user', content: 'Hello?' }] },
  },
  {
    id: 'anthropic-sdk-temperature',
    kind: 'anthropic-sdk',
    chat: {
      model: 'harbour-2',
      temperature: 1,
      messages: [{ role: 'user', content: 'Hello?' }],
    },
  },
];

function number(index: number): string {
  return String(index + 1).padStart(3, '0');
}

/** The rows of the sample: 50 of three kinds, 25 of the others, and some that cannot be answered. */
function sampleRows(): object[] {
  const rows: object[] = [];
  for (let index = 0; index < 50; index += 1) {
    rows.push({ id: `json-${number(index)}`, kind: 'json', ...jsonRow(index) });
    rows.push({ id: `chat-${number(index)}`, kind: 'chat', ...chatRow(index) });
    rows.push({ id: `agent-${number(index)}`, kind: 'agent', ...agentRow(index) });
    if (index % 2 !== 0) continue;
    const half = index / 2;
    rows.push({ id: `messages-${number(half)}`, kind: 'messages', ...messagesRow(half) });
    rows.push({ id: `vercel-ui-${number(half)}`, kind: 'vercel-ui', ...uiAgentRow(half) });
    rows.push({ id: `ag-ui-${number(half)}`, kind: 'ag-ui', ...uiAgentRow(half) });
    rows.push({ id: `web-socket-${number(half)}`, kind: 'web-socket', ...webSocketRow(half) });
    for (const kind of ['openai-sdk', 'anthropic-sdk'] as const) {
      rows.push({ id: `${kind}-${number(half)}`, kind, ...sdkChatRow(kind, half) });
    }
  }
  for (const [index, row] of mistakes.entries()) rows.splice(30 + index * 30, 0, row);
  return rows;
}

/** The sample as its file holds it. */
export function sampleText(): string {
  return sampleRows()
    .map((row) => `${JSON.stringify(row)}\n`)
    .join('');
}
