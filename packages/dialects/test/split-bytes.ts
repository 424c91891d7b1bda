import fc from 'fast-check';

/** The bytes in pieces, cut at some places; the places may be any numbers. */
export function splitAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
  return [0, ...cuts].map((start, index) => bytes.subarray(start, cuts[index] ?? bytes.length));
}

/** The bytes in pieces of one size. */
export function splitBySize(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

/** The same bytes whole, one by one, in sevens, and split at random. */
export function* splitEveryWay(bytes: Uint8Array): Generator<Uint8Array[]> {
  yield [bytes];
  yield splitBySize(bytes, 1);
  yield splitBySize(bytes, 7);
  for (const cuts of fc.sample(fc.array(fc.nat(), { minLength: 1, maxLength: 40 }), {
    numRuns: 10,
    seed: 7,
  })) {
    yield splitAt(bytes, cuts);
  }
}
