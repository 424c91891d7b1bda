import type { RecordedBytes } from './cassette.ts';

/** Takes the secrets out of a text. */
type Clean = (text: string) => string;

/** Bytes as text where they are UTF-8, as base64 otherwise; `clean` sees the text of both. */
export function recordBytes(bytes: Uint8Array, clean: Clean): RecordedBytes {
  const text = readUtf8(bytes);
  if (text !== undefined) return { text: clean(text) };
  // A secret in bytes of another kind is found as well: each byte as one character.
  const latin1 = Buffer.from(bytes).toString('latin1');
  return { base64: Buffer.from(clean(latin1), 'latin1').toString('base64') };
}

/** The bytes that were recorded. */
export function playBytes(recorded: RecordedBytes): Uint8Array {
  const buffer =
    'text' in recorded
      ? Buffer.from(recorded.text, 'utf8')
      : Buffer.from(recorded.base64, 'base64');
  return new Uint8Array(buffer);
}

/** Some chunks of a body, as they are recorded. `size` of the original chunks became one. */
export interface RecordedRun {
  readonly size: number;
  readonly bytes: RecordedBytes;
}

/**
 * The chunks of a body without its secrets. A secret may lie across chunks, so the whole body is
 * looked at; chunks that hold parts of one become a single chunk, and all others stay as they came.
 */
export function recordChunks(chunks: readonly Uint8Array[], clean: Clean): readonly RecordedRun[] {
  const one = (chunk: Uint8Array): RecordedRun => ({
    size: 1,
    bytes: recordBytes(chunk, clean),
  });
  const whole = recordBytes(Buffer.concat(chunks), clean);
  const apart = chunks.map(one);
  if (sameBytes(apart, whole)) return apart;
  const lines = linesOf(chunks).map((run) => {
    const joined: RecordedRun = {
      size: run.length,
      bytes: recordBytes(Buffer.concat(run), clean),
    };
    const split = run.map(one);
    return sameBytes(split, joined.bytes) ? split : [joined];
  });
  if (sameBytes(lines.flat(), whole)) return lines.flat();
  return [{ size: chunks.length, bytes: whole }];
}

function sameBytes(runs: readonly RecordedRun[], whole: RecordedBytes): boolean {
  const joined = Buffer.concat(runs.map(({ bytes }) => playBytes(bytes)));
  return joined.equals(playBytes(whole));
}

/** The chunks in runs that end where a line ends. */
function linesOf(chunks: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  const runs: Uint8Array[][] = [];
  let run: Uint8Array[] = [];
  for (const chunk of chunks) {
    run.push(chunk);
    if (chunk.at(-1) !== 10) continue;
    runs.push(run);
    run = [];
  }
  return run.length === 0 ? runs : [...runs, run];
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    // Not UTF-8: the caller keeps it in another form.
    return undefined;
  }
}
