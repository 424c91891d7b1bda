import type { ChunkMachine } from './decoded-body.ts';

/** Cuts bytes into chunks of one size; the last may be shorter. It copies only what it joins. */
export class Rechunker implements ChunkMachine<Uint8Array, Uint8Array> {
  readonly #size: number;
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(size: number) {
    this.#size = size;
  }

  push(chunk: Uint8Array): readonly Uint8Array[] {
    const out: Uint8Array[] = [];
    let rest = chunk;
    while (this.#length + rest.length >= this.#size) {
      const missing = this.#size - this.#length;
      this.#add(rest.subarray(0, missing));
      rest = rest.subarray(missing);
      out.push(this.#takeAll());
    }
    if (rest.length > 0) this.#add(rest);
    return out;
  }

  end(): readonly Uint8Array[] {
    return this.#length === 0 ? [] : [this.#takeAll()];
  }

  #add(part: Uint8Array): void {
    this.#parts.push(part);
    this.#length += part.length;
  }

  #takeAll(): Uint8Array {
    const chunk = joinBytes(this.#parts);
    this.#parts = [];
    this.#length = 0;
    return chunk;
  }
}

/** The parts as one array; a single part is given as it is. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
