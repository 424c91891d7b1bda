import type { ProtocolError } from '@linkspan/core';
import { MAX_PARTS, tooMany } from '../model/too-many.ts';
import { isObject } from '../model/typed-event.ts';
import type { A2aArtifact, A2aPart } from './a2a-stream-response.ts';
import { textOfParts } from './text-of-parts.ts';

/** An artifact as far as it came. */
export interface A2aResultArtifact extends A2aArtifact {
  /** Whether the agent said that nothing more is appended to it. */
  readonly lastChunk: boolean;
}

interface Assembled {
  readonly head: Omit<A2aArtifact, 'parts'>;
  readonly parts: A2aPart[];
  lastChunk: boolean;
}

/**
 * Puts the artifacts of a task together. A piece without `append` is the whole artifact, and takes
 * the place of what was there; so does a snapshot of the task, for all of them. Events of the
 * protocol have no ids: that is what makes a repetition harmless.
 */
export class A2aArtifacts {
  /** By what the peer calls an id, whatever that is: it is a key here, never a name. */
  readonly #artifacts = new Map<unknown, Assembled>();

  /** Takes the artifacts of a snapshot. Gives the failure when there are too many. */
  replace(artifacts: readonly unknown[]): ProtocolError | undefined {
    this.#artifacts.clear();
    for (const artifact of artifacts) {
      const failure = this.add(artifact, false, false);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  /** Takes an artifact, or what is appended to it. Gives the failure when there are too many. */
  add(artifact: unknown, append: boolean, lastChunk: boolean): ProtocolError | undefined {
    if (!isObject(artifact)) return undefined;
    const { parts, ...head } = artifact as unknown as A2aArtifact;
    const pieces = Array.isArray(parts) ? (parts as readonly A2aPart[]) : [];
    const known = append ? this.#artifacts.get(head.artifactId) : undefined;
    if (known !== undefined) {
      for (const piece of pieces) known.parts.push(piece);
      known.lastChunk ||= lastChunk;
      return undefined;
    }
    this.#artifacts.set(head.artifactId, { head, parts: [...pieces], lastChunk });
    return this.#artifacts.size > MAX_PARTS ? tooMany('artifacts') : undefined;
  }

  /** The artifacts so far, in the order in which they began. */
  get list(): readonly A2aResultArtifact[] {
    return Array.from(this.#artifacts.values(), ({ head, parts, lastChunk }) => ({
      ...head,
      parts: [...parts],
      lastChunk,
    }));
  }

  /** The texts of the artifacts, each on lines of its own. */
  get text(): string {
    return Array.from(this.#artifacts.values(), ({ parts }) => textOfParts(parts))
      .filter((text) => text !== '')
      .join('\n');
  }
}
