/** A time for people: `500 ms`, `1.5 s`. */
export function showMs(ms: number): string {
  return ms >= 1000
    ? `${Number((ms / 1000).toFixed(1))} s`
    : `${Number(ms.toFixed(ms < 10 ? 1 : 0))} ms`;
}
