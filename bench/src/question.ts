/** The contenders to measure beside the reference; all of them when undefined. */
export type Only = ReadonlySet<string> | undefined;

export interface QuestionOptions {
  /** Shows that the benchmark works, in seconds; its numbers mean little. */
  readonly brief: boolean;
  readonly only: Only;
}

/** One question, answered by ratios on standard output. */
export interface Question {
  readonly asks: string;
  run(options: QuestionOptions): Promise<void>;
}
