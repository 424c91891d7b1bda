import type { Scene } from './scene.ts';

/** The scenes that a peer was asked for, by the target of the request that plays each. */
export class SceneStore {
  readonly #scenes = new Map<string, Scene>();

  /** Keeps a scene, and gives the target that stands for it: a path. */
  add(scene: Scene): string {
    const target = `/scenes/${this.#scenes.size + 1}/${scene.kind}`;
    this.#scenes.set(target, scene);
    return target;
  }

  /** The scene of a target. A request that is sent again plays its scene again. */
  find(target: string): Scene | undefined {
    return this.#scenes.get(target);
  }
}
