import type { Dialect, StreamHead } from '../dialect.ts';
import type { LinkspanError } from '../errors/linkspan-error.ts';
import { ProtocolError } from '../errors/transport-error.ts';
import { hideSecrets } from '../secrets/hide-secrets.ts';
import { redactText } from '../secrets/redact-text.ts';
import { requestSecrets } from '../secrets/request-secrets.ts';
import type { ResponseHeaders, TransportRequest } from '../transport.ts';

/** How much of a body that is no stream is read, to tell what it is. */
const MAX_JSON_BYTES = 64 * 1024;
const MAX_TEXT_BYTES = 4 * 1024;
const MAX_SNIPPET_CHARS = 256;

/** What is known of an answer that may be a stream. */
export interface StreamAnswer {
  readonly status?: number | undefined;
  readonly headers: ResponseHeaders;
  /** Credentials that are not in the request: what the peer repeats of them is hidden in errors. */
  readonly secrets?: readonly string[] | undefined;
  /** The request that is answered, for dialects that look at it. */
  readonly request?: TransportRequest | undefined;
}

/** What a stream's reader is told about the answer. */
export function streamHead(answer: StreamAnswer): StreamHead {
  const { status, headers, secrets = [], request } = answer;
  const field = headers['content-type'];
  const value = typeof field === 'string' ? field : field?.[0];
  const contentType = value?.split(';', 1)[0]?.trim().toLowerCase();
  let all: readonly string[] | undefined;
  return {
    status,
    contentType: contentType === '' ? undefined : contentType,
    headers,
    // Asked for by failures alone: a stream that has none does not look for them.
    get secrets() {
      all ??= request === undefined ? secrets : [...requestSecrets(request), ...secrets];
      return all;
    },
    request,
  };
}

/**
 * Whether the head of an answer says that its body is not a stream of the dialect: a status that
 * means "no content" or "elsewhere", or the media type of something else. A peer that names no type is believed.
 */
export function isForeignHead(
  head: StreamHead,
  dialect: Pick<Dialect<unknown>, 'contentTypes'>,
): boolean {
  const { status } = head;
  if (status === 204 || status === 205) return true;
  if (status !== undefined && status >= 300 && status < 400) return true;
  return head.contentType !== undefined && !dialect.contentTypes.includes(head.contentType);
}

/** Reads so much of a body that is no stream as its error needs. */
export class ForeignBody {
  readonly #head: StreamHead;
  readonly #dialect: Dialect<unknown, unknown>;
  readonly #parts: Uint8Array[] = [];
  #size = 0;

  constructor(head: StreamHead, dialect: Dialect<unknown, unknown>) {
    this.#head = head;
    this.#dialect = dialect;
  }

  /** Takes bytes; `true` when they are enough. */
  push(bytes: Uint8Array): boolean {
    const limit = this.#isJson ? MAX_JSON_BYTES : MAX_TEXT_BYTES;
    const part = bytes.slice(0, limit - this.#size);
    this.#parts.push(part);
    this.#size += part.length;
    return this.#size >= limit;
  }

  /** Why this is not the stream: the error that the body reports, or what was found instead. */
  failure(): LinkspanError {
    const text = this.#text();
    return this.#reported(text) ?? this.#mismatch(text);
  }

  get #isJson(): boolean {
    return /[/+]json$/.test(this.#head.contentType ?? '');
  }

  #text(): string {
    const bytes = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return new TextDecoder().decode(bytes);
  }

  #reported(text: string): LinkspanError | undefined {
    if (!this.#isJson) return undefined;
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      return undefined; // Not JSON after all: the mismatch shows what it is.
    }
    return this.#dialect.classifyError?.(body, this.#head);
  }

  #mismatch(text: string): ProtocolError {
    const { status, contentType } = this.#head;
    const expected = this.#dialect.contentTypes.join(' or ');
    const found = contentType ?? 'no content';
    const answered = status === undefined ? '' : ` with status ${status}`;
    // Credentials are taken out before the cut: half of one would not be recognised.
    const snippet = redactText(hideSecrets(text, this.#head.secrets))
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, MAX_SNIPPET_CHARS);
    const begins = snippet === '' ? '' : `; the body begins with ${JSON.stringify(snippet)}`;
    return new ProtocolError(
      `Cannot read the stream: expected ${expected}, found ${found}${answered}${begins}`,
      {
        code: this.#dialect.contentTypes.includes('text/event-stream')
          ? 'sse_content_type'
          : 'content_type',
        phase: 'headers',
      },
    );
  }
}
