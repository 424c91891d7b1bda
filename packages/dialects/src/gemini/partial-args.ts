import { ProtocolError } from '@linkspan/core';
import { isObject } from '../model/typed-event.ts';

type Value = string | number | boolean | null | Value[] | Map<string, Value>;
type Step = string | number;

/** Deeper than any arguments go. */
const MAX_STEPS = 64;

/** `.name`, `[0]`, `['any name']` of a JSON path (RFC 9535): the steps that lead to one place. */
const STEP = /\.([^.[\]]+)|\[(\d{1,9})\]|\[(?:'([^']*)'|"([^"]*)")\]/y;

/**
 * Puts the arguments of a call together from pieces that each say where they belong. Names are keys
 * of maps, and a list grows by one at its end, so that no place does harm.
 */
export class PartialArgs {
  readonly #root = new Map<string, Value>();
  /** The place of a text that goes on. */
  #growing: string | undefined;

  /** Takes a piece. Gives the failure when it has no place. */
  add(piece: unknown): ProtocolError | undefined {
    if (!isObject(piece)) return undefined;
    const { jsonPath, willContinue } = piece;
    const value = valueOf(piece);
    if (value === undefined) return undefined;
    const steps = typeof jsonPath === 'string' ? stepsOf(jsonPath) : undefined;
    const isPlaced = steps !== undefined && this.#set(steps, value, jsonPath === this.#growing);
    this.#growing = willContinue === true ? (jsonPath as string) : undefined;
    return isPlaced ? undefined : noPlace(jsonPath);
  }

  /** The arguments as JSON; without its end while they are not whole, so that nobody takes them for it. */
  text(isWhole: boolean): string {
    const text = write(this.#root);
    if (isWhole) return text;
    let end = text.length;
    while (end > 0 && '"]}'.includes(text.charAt(end - 1))) end -= 1;
    return this.#root.size === 0 ? '' : text.slice(0, end);
  }

  #set(steps: readonly Step[], value: Value, goesOn: boolean): boolean {
    let parent: Value = this.#root;
    for (const [depth, step] of steps.entries()) {
      const next = steps[depth + 1];
      const known: Value | undefined = childOf(parent, step);
      if (next === undefined) {
        const isText = goesOn && typeof known === 'string' && typeof value === 'string';
        return setChild(parent, step, isText ? known + value : value);
      }
      const child: Value = known ?? (typeof next === 'number' ? [] : new Map<string, Value>());
      if (known === undefined && !setChild(parent, step, child)) return false;
      parent = child;
    }
    return false;
  }
}

function valueOf(piece: Readonly<Record<string, unknown>>): Value | undefined {
  if ('nullValue' in piece) return null;
  const { stringValue, numberValue, boolValue } = piece;
  if (typeof stringValue === 'string') return stringValue;
  if (typeof numberValue === 'number') return numberValue;
  return typeof boolValue === 'boolean' ? boolValue : undefined;
}

function stepsOf(path: string): Step[] | undefined {
  if (!path.startsWith('$')) return undefined;
  const steps: Step[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < path.length) {
    const [, name, index, single, double] = STEP.exec(path) ?? [];
    const step = index === undefined ? (name ?? single ?? double) : Number(index);
    if (step === undefined || steps.length === MAX_STEPS) return undefined;
    steps.push(step);
  }
  return steps;
}

function childOf(parent: Value, step: Step): Value | undefined {
  if (parent instanceof Map) return typeof step === 'string' ? parent.get(step) : undefined;
  return Array.isArray(parent) && typeof step === 'number' ? parent[step] : undefined;
}

function setChild(parent: Value, step: Step, value: Value): boolean {
  if (parent instanceof Map && typeof step === 'string') {
    parent.set(step, value);
    return true;
  }
  if (!Array.isArray(parent) || typeof step !== 'number' || step > parent.length) return false;
  parent[step] = value;
  return true;
}

function write(value: Value): string {
  if (value instanceof Map) {
    const fields = Array.from(value, ([name, field]) => `${JSON.stringify(name)}:${write(field)}`);
    return `{${fields.join(',')}}`;
  }
  return Array.isArray(value) ? `[${value.map(write).join(',')}]` : JSON.stringify(value);
}

function noPlace(path: unknown): ProtocolError {
  const shown = JSON.stringify(path)?.slice(0, 100) ?? 'nothing';
  return new ProtocolError(
    `Cannot read the stream: an argument of a tool call has no place at the path ${shown}`,
    { code: 'bad_partial_args', phase: 'body' },
  );
}
