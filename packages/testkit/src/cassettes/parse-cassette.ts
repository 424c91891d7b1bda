import { ConfigurationError, type ConfigurationIssue } from '@linkspan/core';
import { type Cassette, CASSETTE_VERSION } from './cassette.ts';
import { isFailureName } from './recorded-failure.ts';

type Report = (option: string, expected: string, found: unknown) => void;
type Fields = Readonly<Record<string, unknown>>;

/**
 * Checks that a value is a cassette, of the version that is played.
 *
 * @param subject what wants it, for the message.
 * @throws ConfigurationError with everything that is wrong.
 */
export function parseCassette(value: unknown, subject: string): Cassette {
  const issues: ConfigurationIssue[] = [];
  const report: Report = (option, expected, found) => {
    issues.push({ option, message: `expected ${expected}, found ${show(found)}` });
  };
  checkCassette(fieldsOf(value), report);
  if (issues.length > 0) {
    const lines = issues.map(({ option, message }) => `${option}: ${message}`);
    throw new ConfigurationError(`Cannot read the cassette of ${subject}: ${lines.join('; ')}`, {
      code: 'cassette',
      issues,
    });
  }
  return value as Cassette;
}

function checkCassette({ format, version, transport, exchanges }: Fields, report: Report): void {
  if (format !== 'linkspan-cassette') report('format', "'linkspan-cassette'", format);
  if (version !== CASSETTE_VERSION) report('version', String(CASSETTE_VERSION), version);
  const { name, capabilities } = fieldsOf(transport);
  if (typeof name !== 'string') report('transport.name', 'a string', name);
  for (const capability of ['streaming', 'upload', 'duplex', 'status']) {
    const has = fieldsOf(capabilities)[capability];
    if (typeof has !== 'boolean') report(`transport.capabilities.${capability}`, 'a boolean', has);
  }
  if (!Array.isArray(exchanges)) report('exchanges', 'a list', exchanges);
  else {
    exchanges.forEach((exchange, index) => {
      checkExchange(fieldsOf(exchange), `exchanges[${index}]`, report);
    });
  }
}

function checkExchange({ request, result }: Fields, at: string, report: Report): void {
  const { operation, target, payload } = fieldsOf(request);
  if (typeof operation !== 'string') report(`${at}.request.operation`, 'a string', operation);
  if (typeof target !== 'string') report(`${at}.request.target`, 'a string', target);
  if (payload !== undefined && !isContent(payload)) {
    report(`${at}.request.payload`, 'json, text, base64 or unreadable', payload);
  }
  const fields = fieldsOf(result);
  const kind = fields['kind'];
  if (kind === 'failure') checkFailure(fields['error'], `${at}.result.error`, report);
  else if (kind === 'answer') checkAnswer(fields, `${at}.result`, report);
  else if (kind !== 'unanswered') {
    report(`${at}.result.kind`, "'answer', 'failure' or 'unanswered'", kind);
  }
}

function checkAnswer({ status, headers, chunks, end }: Fields, at: string, report: Report): void {
  if (status !== undefined && !Number.isInteger(status)) report(`${at}.status`, 'a status', status);
  if (!isObject(headers)) report(`${at}.headers`, 'an object', headers);
  if (!Array.isArray(chunks) || !chunks.every(isBytes)) {
    report(`${at}.chunks`, 'a list of text and base64', chunks);
  }
  const { how, error } = fieldsOf(end);
  if (how === 'failed') checkFailure(error, `${at}.end.error`, report);
  else if (how !== 'complete' && how !== 'left' && how !== 'truncated') {
    report(`${at}.end.how`, "'complete', 'failed', 'left' or 'truncated'", how);
  }
}

function checkFailure(error: unknown, at: string, report: Report): void {
  const { class: name, message } = fieldsOf(error);
  if (!isFailureName(name)) report(`${at}.class`, 'a class of failures of @linkspan/core', name);
  if (typeof message !== 'string') report(`${at}.message`, 'a string', message);
}

function isContent(value: unknown): boolean {
  return isBytes(value) || (isObject(value) && ('json' in value || 'unreadable' in value));
}

function isBytes(value: unknown): boolean {
  const { text, base64 } = fieldsOf(value);
  return typeof text === 'string' || typeof base64 === 'string';
}

function fieldsOf(value: unknown): Fields {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 40)}'`;
  return isObject(value) ? (Array.isArray(value) ? 'a list' : 'an object') : String(value);
}
