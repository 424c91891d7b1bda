// Structured concurrency for promises: task groups, cancel scopes, deadlines, limiters, channels and
// pools that lose nothing when they are cancelled. No dependencies, no ambient state, and nothing of
// Node's own: it runs in Node, Bun, Deno and browsers.
export { ResourcePool } from './pool/resource-pool.ts';
export type {
  ClosePoolOptions,
  ResourceLease,
  ResourcePoolOptions,
  ResourcePoolStats,
} from './pool/resource-pool-options.ts';
export {
  type StopOptions,
  type WorkContext,
  WorkerPool,
  type WorkerPoolOptions,
  type WorkerPoolStats,
} from './pool/worker-pool.ts';
export {
  type AbortListener,
  addAbortListener,
  removeAbortListener,
} from './scope/abort-listeners.ts';
export { CancelScope, type CancelScopeOptions, type ScopeOutcome } from './scope/cancel-scope.ts';
export { failAfter } from './scope/fail-after.ts';
export { type Abortable, isCancelled } from './scope/is-cancelled.ts';
export { moveOnAfter, type TimeLimitOptions } from './scope/move-on-after.ts';
export { shield, type ShieldOptions } from './scope/shield.ts';
export { CapacityLimiter } from './sync/capacity-limiter.ts';
export { type BoundedChannel, channel } from './sync/channel.ts';
export { Condition } from './sync/condition.ts';
export { Event } from './sync/event.ts';
export type { Lease } from './sync/lease.ts';
export { Lock, type LockOptions } from './sync/lock.ts';
export { Semaphore } from './sync/semaphore.ts';
export type { Wait, WaitOptions } from './sync/wait-queue.ts';
export { parallel } from './task/parallel.ts';
export type { ParallelFunction, ParallelOptions, ParallelScope } from './task/parallel-options.ts';
export { parallelStream, type ParallelStreamOptions } from './task/parallel-stream.ts';
export { RestartLimitError } from './task/restart-limit-error.ts';
export {
  retryWithTimeout,
  type RetryWithTimeoutOptions,
  type TryContext,
} from './task/retry-with-timeout.ts';
export { Supervisor } from './task/supervisor.ts';
export type {
  Child,
  ChildContext,
  ChildOptions,
  SupervisorOptions,
} from './task/supervisor-options.ts';
export type { Task, TaskContext, TaskState } from './task/task.ts';
export {
  type SpawnOptions,
  type StartContext,
  type StartOptions,
  type TaskGroup,
  taskGroup,
  type TaskGroupOptions,
} from './task/task-group.ts';
export { TaskGroupError } from './task/task-group-error.ts';
export { type Clock, systemClock, type TimerHandle } from './time/clock.ts';
export { Deadline } from './time/deadline.ts';
export { ManualClock } from './time/manual-clock.ts';
export { sleep } from './time/sleep.ts';
