import { existsSync, readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../../../../shared/wire-samples/sse/', import.meta.url);

/** Whether the recorded traffic lies beside the checkout. */
export const hasWireSamples: boolean = existsSync(folder);

/** What is known of one recorded answer. */
export interface WireSample {
  readonly id: string;
  readonly protocol: string;
  readonly http: { readonly status: number; readonly headers: Readonly<Record<string, string>> };
  readonly framing: {
    readonly events: number;
    readonly event_types: Readonly<Record<string, number>>;
    /** Of the events, each its type and its data. */
    readonly data_sha256: string;
    readonly last_event_id: string;
    readonly retry: number | null;
  };
  readonly expected: {
    readonly text: string;
    readonly reasoning?: string;
    readonly reasoning_summary?: string;
    readonly thinking?: string;
    readonly tool_plan?: string;
    readonly tool_calls: readonly {
      readonly id?: string;
      readonly name: string;
      readonly arguments: string;
    }[];
    readonly finish_reason: string;
    readonly usage?: Readonly<Record<string, unknown>> | null;
    readonly complete: boolean;
    readonly chunks?: number;
    readonly pings?: number;
    readonly done_sentinel?: boolean;
    readonly response_id?: string;
    readonly sequence?: { readonly first: number; readonly last: number } | null;
    readonly error_class?: string;
    readonly retryable?: boolean;
  };
  readonly bytes: Uint8Array;
}

/** The recorded answers, of one protocol or of all. */
export function wireSamples(protocol?: string): WireSample[] {
  if (!hasWireSamples) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => {
      const sample = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as WireSample;
      const bytes = readFileSync(new URL(name.replace(/json$/, 'sse'), folder));
      return { ...sample, bytes: new Uint8Array(bytes) };
    })
    .filter((sample) => protocol === undefined || sample.protocol === protocol);
}

/** A recorded answer that is no success. */
export interface WireError {
  readonly id: string;
  readonly provider: string;
  readonly body: string;
  readonly expected: {
    readonly class: string;
    readonly retryable: boolean;
    readonly body_kind: string;
    readonly provider_error?: {
      readonly type: string | null;
      readonly code: string | null;
      readonly status_text: string | null;
    } | null;
  };
}

/** The recorded errors. */
export function wireErrors(): WireError[] {
  if (!hasWireSamples) return [];
  return JSON.parse(readFileSync(new URL('../errors.json', folder), 'utf8')) as WireError[];
}
