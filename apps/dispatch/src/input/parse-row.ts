import { createHash } from 'node:crypto';
import {
  type AgentRow,
  type ChatRow,
  type JsonRow,
  type MessagesRow,
  type Row,
  rowKinds,
  type SdkChatRow,
  type UiAgentRow,
  type WebSocketRow,
} from './row.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Rule {
  readonly expected: string;
  readonly required?: true;
  readonly accepts: (value: unknown) => boolean;
}

/** The longest id: it travels in a header of every attempt. */
const MAX_ID_CHARS = 128;

/** What a chat of Linkspan may say. A field in the words of a provider would be left out silently. */
const CHAT_FIELDS: ReadonlySet<string> = new Set<keyof SdkChatRow['chat']>([
  'model',
  'messages',
  'system',
  'maxTokens',
  'temperature',
  'topP',
  'stop',
  'seed',
  'responseFormat',
  'tools',
  'toolChoice',
  'parallelToolCalls',
  'reasoningEffort',
  'providerOptions',
]);

const prompt: Rule = { expected: 'text, or a list of texts', required: true, accepts: isPrompt };

const idempotent: Rule = { expected: 'true or false', accepts: isBoolean };

const chat: Rule = {
  expected: `an object with "model" (text), "messages" (at least one), and of ${[...CHAT_FIELDS].slice(2).join(', ')}`,
  required: true,
  accepts: isSdkChat,
};

const rules: Readonly<Record<Row['kind'], Readonly<Record<string, Rule>>>> = {
  json: {
    path: { expected: 'a path that begins with one "/"', required: true, accepts: isPath },
    method: { expected: 'GET, POST, PUT, PATCH or DELETE', accepts: isMethod },
    params: { expected: 'an object of strings, numbers and booleans', accepts: isParams },
    body: { expected: 'any value', accepts: () => true },
    idempotent,
  },
  chat: {
    body: {
      expected: 'an object with "model" (text) and "messages" (at least one)',
      required: true,
      accepts: isChatBody,
    },
  },
  messages: {
    body: {
      expected:
        'an object with "model" (text), "max_tokens" (a number) and "messages" (at least one)',
      required: true,
      accepts: isMessagesBody,
    },
  },
  agent: {
    agent: { expected: 'the name of an agent', required: true, accepts: isText },
    prompt,
    dialect: {
      expected: '"synapse", "ndjson" or "none"',
      accepts: (value) => value === 'synapse' || value === 'ndjson' || value === 'none',
    },
  },
  'vercel-ui': { prompt },
  'ag-ui': { prompt },
  'web-socket': {
    method: { expected: 'the name of a method', required: true, accepts: isText },
    params: { expected: 'an object or a list', accepts: isCallParams },
    idempotent,
  },
  'openai-sdk': { chat },
  'anthropic-sdk': { chat },
};

/** What a line holds: the row, or all that is wrong with it. */
export type ParsedRow =
  | { readonly row: Row }
  | { readonly id: string | undefined; readonly problems: readonly string[] };

/**
 * Reads one line of the input. Beside the kinds of row it takes the lines of an OpenAI batch
 * file (`custom_id`, `url`, `body`) as `chat` rows.
 */
export function parseRow(line: string): ParsedRow {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return { id: undefined, problems: [`not JSON: ${(error as Error).message}`] };
  }
  if (!isObject(value)) {
    return { id: undefined, problems: [`expected an object, found ${describe(value)}`] };
  }
  const fields = 'custom_id' in value ? fromBatchLine(value) : value;
  const id = isId(fields['id']) ? fields['id'] : undefined;
  const problems = checkFields(fields);
  return problems.length > 0 ? { id, problems } : { row: toRow(fields) };
}

/** A line of the file that OpenAI's batch endpoint takes, as a row. */
function fromBatchLine(line: Fields): Fields {
  const { custom_id: id, method, url, ...others } = line;
  const isChat = typeof url === 'string' && url.endsWith('/chat/completions');
  const isPost = method === undefined || method === 'POST';
  return { id, kind: isChat && isPost ? 'chat' : { method, url }, ...others };
}

function checkFields(fields: Fields): string[] {
  const { id, kind, ...others } = fields;
  const problems: string[] = [];
  if (!isId(id)) {
    const expected = `1 to ${MAX_ID_CHARS} printable ASCII characters`;
    problems.push(`id: expected ${expected}, found ${describe(id)}`);
  }
  const allowed = typeof kind === 'string' && Object.hasOwn(rules, kind) ? kind : undefined;
  if (allowed === undefined) {
    const known = rowKinds.map((name) => JSON.stringify(name)).join(', ');
    problems.push(`kind: expected one of ${known}, found ${describe(kind)}`);
    return problems;
  }
  const expected = rules[allowed as Row['kind']];
  for (const [name, rule] of Object.entries(expected)) {
    const value = others[name];
    if (value === undefined ? rule.required === true : !rule.accepts(value)) {
      problems.push(`${name}: expected ${rule.expected}, found ${describe(value)}`);
    }
  }
  for (const name of Object.keys(others)) {
    if (Object.hasOwn(expected, name)) continue;
    const names = ['id', 'kind', ...Object.keys(expected)].join(', ');
    problems.push(`${name}: expected one of ${names}, found ${JSON.stringify(name)}`);
  }
  return problems;
}

function toRow(fields: Fields): Row {
  const requestHash = hashRequest(fields);
  switch (fields['kind'] as Row['kind']) {
    case 'json': {
      const row = fields as unknown as Omit<JsonRow, 'requestHash'>;
      const given = fields['method'] as string | undefined;
      const method = given ?? (row.body === undefined ? 'GET' : 'POST');
      return { ...row, method: method.toUpperCase(), requestHash };
    }
    case 'chat':
    case 'messages': {
      const { id, kind, body } = fields as unknown as ChatRow | MessagesRow;
      return { id, kind, body, requestHash };
    }
    case 'agent': {
      const { id, kind, agent } = fields as unknown as AgentRow;
      const dialect = (fields['dialect'] as AgentRow['dialect'] | undefined) ?? 'synapse';
      return { id, kind, agent, prompts: promptsOf(fields), dialect, requestHash };
    }
    case 'vercel-ui':
    case 'ag-ui': {
      const { id, kind } = fields as unknown as UiAgentRow;
      return { id, kind, prompts: promptsOf(fields), requestHash };
    }
    case 'web-socket':
      return { ...(fields as unknown as Omit<WebSocketRow, 'requestHash'>), requestHash };
    case 'openai-sdk':
    case 'anthropic-sdk':
      return { ...(fields as unknown as Omit<SdkChatRow, 'requestHash'>), requestHash };
  }
}

function promptsOf({ prompt: given }: Fields): string[] {
  return [given as string | string[]].flat();
}

/** The order of the names in a line does not count. */
function hashRequest(fields: Fields): string {
  const canonical = JSON.stringify(fields, (_name, value: unknown) =>
    isObject(value) ? Object.fromEntries(Object.entries(value).toSorted(byName)) : value,
  );
  return createHash('sha256').update(canonical).digest('hex').slice(0, 16);
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isId(value: unknown): value is string {
  return isText(value) && value.length <= MAX_ID_CHARS && /^[\x21-\x7e]+$/.test(value);
}

function isPath(value: unknown): boolean {
  return isText(value) && /^\/(?![/\\])/.test(value);
}

function isMethod(value: unknown): boolean {
  return typeof value === 'string' && /^(GET|POST|PUT|PATCH|DELETE)$/i.test(value);
}

function isParams(value: unknown): boolean {
  if (!isObject(value)) return false;
  return Object.values(value).every((item) => /^(string|number|boolean)$/.test(typeof item));
}

function isPrompt(value: unknown): boolean {
  return isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText));
}

function isChatBody(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { model, messages } = value;
  return isText(model) && Array.isArray(messages) && messages.length > 0;
}

function isMessagesBody(value: unknown): boolean {
  return isChatBody(value) && typeof (value as Fields)['max_tokens'] === 'number';
}

function isSdkChat(value: unknown): boolean {
  return isChatBody(value) && Object.keys(value as Fields).every((name) => CHAT_FIELDS.has(name));
}

function isCallParams(value: unknown): boolean {
  return isObject(value) || Array.isArray(value);
}

/** What was found, short: a line may hold a whole document. */
function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
