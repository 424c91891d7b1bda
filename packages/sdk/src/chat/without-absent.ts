/** Parameters, each of which may be absent. */
export type MaybeAbsent<Params> = { [Name in keyof Params]: Params[Name] | undefined };

/** The parameters that are there: what is `undefined` is left out, so that no SDK sees it. */
export function withoutAbsent<Params extends object>(params: MaybeAbsent<Params>): Params {
  return Object.fromEntries(
    Object.entries(params).filter(([, value]) => value !== undefined),
  ) as Params;
}
