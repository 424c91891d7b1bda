/**
 * One event of a stream of the Agent2Agent protocol 1.0, as the agent sent it: its only member says
 * what it is, `'artifactUpdate' in event`. Members and states that are not named here, of later
 * versions, are passed on all the same.
 */
export type A2aStreamResponse =
  | { readonly task: A2aTask }
  | { readonly message: A2aMessage }
  | { readonly statusUpdate: A2aTaskStatusUpdate }
  | { readonly artifactUpdate: A2aTaskArtifactUpdate };

/** A task as it is at one moment. */
export interface A2aTask {
  readonly id: string;
  readonly contextId?: string;
  readonly status: A2aTaskStatus;
  readonly artifacts?: readonly A2aArtifact[];
  readonly history?: readonly A2aMessage[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface A2aTaskStatus {
  readonly state: A2aTaskState;
  readonly message?: A2aMessage;
  /** ISO 8601, in UTC. */
  readonly timestamp?: string;
}

/** Where a task stands. The last four end it; those that require something interrupt it. */
export type A2aTaskState =
  | 'TASK_STATE_UNSPECIFIED'
  | 'TASK_STATE_SUBMITTED'
  | 'TASK_STATE_WORKING'
  | 'TASK_STATE_INPUT_REQUIRED'
  | 'TASK_STATE_AUTH_REQUIRED'
  | 'TASK_STATE_COMPLETED'
  | 'TASK_STATE_FAILED'
  | 'TASK_STATE_CANCELED'
  | 'TASK_STATE_REJECTED';

export interface A2aMessage {
  readonly messageId: string;
  readonly contextId?: string;
  readonly taskId?: string;
  readonly role: 'ROLE_UNSPECIFIED' | 'ROLE_USER' | 'ROLE_AGENT';
  readonly parts: readonly A2aPart[];
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly extensions?: readonly string[];
  readonly referenceTaskIds?: readonly string[];
}

/** A piece of content: one of `text`, `raw`, `url` and `data`. */
export interface A2aPart {
  readonly text?: string;
  /** Bytes, in base64. */
  readonly raw?: string;
  readonly url?: string;
  readonly data?: unknown;
  readonly filename?: string;
  readonly mediaType?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What a task gives. */
export interface A2aArtifact {
  readonly artifactId: string;
  readonly name?: string;
  readonly description?: string;
  readonly parts: readonly A2aPart[];
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly extensions?: readonly string[];
}

export interface A2aTaskStatusUpdate {
  readonly taskId: string;
  readonly contextId: string;
  readonly status: A2aTaskStatus;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface A2aTaskArtifactUpdate {
  readonly taskId: string;
  readonly contextId: string;
  /** All of the artifact, or with `append` what is behind the parts that came. */
  readonly artifact: A2aArtifact;
  readonly append?: boolean;
  /** Nothing more is appended to this artifact. */
  readonly lastChunk?: boolean;
  readonly metadata?: Readonly<Record<string, unknown>>;
}
