/** A queue in a ring that grows: both ends in constant time, however long it is. */
export class Fifo<T> {
  #slots: (T | undefined)[] = [undefined, undefined, undefined, undefined];
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    if (this.#size === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#size) & (this.#slots.length - 1)] = item;
    this.#size += 1;
  }

  /** Takes the oldest; there must be one. */
  shift(): T {
    const item = this.#slots[this.#head] as T;
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#size -= 1;
    return item;
  }

  #grow(): void {
    const { length } = this.#slots;
    const slots = [...this.#slots.slice(this.#head), ...this.#slots.slice(0, this.#head)];
    slots.length = length * 2;
    this.#slots = slots.fill(undefined, length);
    this.#head = 0;
  }
}
