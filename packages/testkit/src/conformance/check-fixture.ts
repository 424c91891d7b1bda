import assert from 'node:assert/strict';
import type { Capabilities } from '@linkspan/core';
import { assertSame } from './assert-same.ts';
import { assertPrefix, text } from './bytes.ts';
import type { CaseOptions } from './conformance-case.ts';
import { PATIENCE_MS } from './define-cases.ts';
import type { ConformanceFixture, Peer, Stage } from './fixture.ts';
import type { Scene } from './scene.ts';
import { takeDown } from './take-down.ts';
import { describeError, Trial } from './trial.ts';

/** The fixture does not do what the kit relies on. It says nothing about the transport. */
export class FixtureError extends Error {
  override readonly name = 'FixtureError';
}

const content = text('is anybody there?');

/** Every scene that a case may ask of a transport with these capabilities. */
function scenesFor({ streaming, upload, duplex }: Capabilities): Scene[] {
  return [
    { kind: 'answer', chunks: [content] },
    { kind: 'echo' },
    { kind: 'silent' },
    { kind: 'drop' },
    { kind: 'cut', chunks: [content], how: 'reset' },
    { kind: 'cut', chunks: [content], how: 'end' },
    { kind: 'garbage' },
    ...(streaming
      ? ([
          { kind: 'stall', chunks: [] },
          { kind: 'flood', chunkBytes: 1024 },
        ] as const)
      : []),
    ...(upload ? ([{ kind: 'deaf' }, { kind: 'refuse', status: 413 }] as const) : []),
    ...(duplex ? ([{ kind: 'converse' }] as const) : []),
    { kind: 'absent' },
  ];
}

/**
 * Tries a fixture before anything is said about its transport: each stage is its own, every scene
 * exists, what the peer counts moves, a silent peer is busy and stays it, a flood is counted, broken
 * scenes are not answered, and nothing is left of a closed stage.
 *
 * It needs the transport for that, and believes it as little as it can: a call that never reaches
 * the peer, and one that the peer does not count, look the same from here, and the message says so.
 * What it cannot see at all is a peer that plays a scene wrongly in a way that a wrong transport
 * could have caused as well (a body that is cut too late, an echo of something else): cases fail then.
 *
 * @returns what the transport says that it can.
 * @throws FixtureError when the fixture cannot be used.
 */
export async function checkFixture(
  fixture: ConformanceFixture,
  options: CaseOptions = {},
): Promise<Capabilities> {
  try {
    return await tryFixture(fixture, options.patienceMs ?? PATIENCE_MS);
  } catch (error) {
    throw new FixtureError(`Cannot use the fixture of '${fixture.name}': ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** What the kit says itself needs no name of an error before it. */
function messageOf(error: unknown): string {
  return error instanceof assert.AssertionError ? error.message : describeError(error);
}

async function tryFixture(fixture: ConformanceFixture, patienceMs: number): Promise<Capabilities> {
  assert.ok(typeof fixture.name === 'string' && fixture.name !== '', 'Expected it to have a name');
  const [first, second] = await Promise.all([fixture.open(), fixture.open()]);
  const { capabilities } = first.transport;
  try {
    checkStages(first, second);
    checkRequest(first, { kind: 'answer', chunks: [content] });
    await checkAnswer(new Trial(first, patienceMs), second.peer);
    await checkSilence(new Trial(first, patienceMs));
  } finally {
    await Promise.all([takeDown(first, { patienceMs }), takeDown(second, { patienceMs })]);
  }
  await checkTakenDown(first, patienceMs);
  await checkScenes(fixture, capabilities, patienceMs);
  return capabilities;
}

function checkStages(first: Stage, second: Stage): void {
  for (const part of ['transport', 'peer'] as const) {
    assert.ok(
      first[part] !== second[part],
      `Expected each open() to give a ${part} of its own, found the same one twice`,
    );
  }
  for (const count of ['requests', 'busy', 'connections', 'flooded'] as const) {
    assert.ok(
      Number.isInteger(first.peer[count]),
      `Expected peer.${count} to be a count, found ${String(first.peer[count])}`,
    );
  }
  assertSame(first.peer.requests, 0, 'Expected peer.requests to be 0 on a new stage');
  assertSame(first.peer.busy, 0, 'Expected peer.busy to be 0 on a new stage');
}

/** The simplest call: when it fails, nothing can be told. */
async function checkAnswer(trial: Trial, other: Peer): Promise<void> {
  let seen: Uint8Array;
  try {
    seen = await trial.answer([content]);
  } catch (error) {
    throw new assert.AssertionError({
      message: `Expected the scene 'answer' to be answered: either the fixture does not play it, or the transport cannot make the simplest call: ${messageOf(error)}`,
    });
  }
  assertPrefix(seen, content, "what came of the scene 'answer'");
  assertSame(trial.peer.requests, 1, 'Expected peer.requests to count a call that was answered');
  assertSame(other.requests, 0, 'Expected the peers of two stages to count for themselves');
  await trial.until(
    () => trial.peer.busy === 0,
    'peer.busy to be 0 after an answer: the fixture has to count down when it has ended it',
  );
}

async function checkSilence(trial: Trial): Promise<void> {
  const controller = new AbortController();
  let state = 'is open';
  trial.send({ kind: 'silent' }, { signal: controller.signal }).then(
    () => (state = 'was answered'),
    () => (state = 'was broken'),
  );
  await trial.until(
    () => trial.peer.requests === 2,
    "peer.requests to count the scene 'silent': either the fixture does not count it, or the transport does not send it",
  );
  await trial.until(
    () => trial.peer.busy === 1 || state !== 'is open',
    "peer.busy to be 1 in the scene 'silent'",
  );
  await trial.pass(50);
  assert.ok(
    state === 'is open',
    `Expected the scene 'silent' to stay silent, but the call ${state}`,
  );
  assertSame(trial.peer.busy, 1, "Expected peer.busy to stay 1 in the scene 'silent'");
  assert.ok(trial.peer.connections >= 1, 'Expected peer.connections to be 1 or more during a call');
  controller.abort();
}

async function checkTakenDown(stage: Stage, patienceMs: number): Promise<void> {
  await new Trial(stage, patienceMs).until(
    () => stage.peer.busy === 0 && stage.peer.connections === 0,
    () =>
      `a closed stage to have nothing left (peer.busy is ${stage.peer.busy}, peer.connections is ${stage.peer.connections})`,
  );
}

async function checkScenes(
  fixture: ConformanceFixture,
  capabilities: Capabilities,
  patienceMs: number,
): Promise<void> {
  for (const scene of scenesFor(capabilities)) {
    // oxlint-disable-next-line no-await-in-loop -- one stage after another
    const stage = await fixture.open();
    try {
      checkRequest(stage, scene);
      // oxlint-disable-next-line no-await-in-loop -- as above
      await checkScene(new Trial(stage, patienceMs), scene);
    } finally {
      // oxlint-disable-next-line no-await-in-loop -- as above
      await takeDown(stage, { patienceMs });
    }
  }
}

function checkRequest(stage: Stage, scene: Scene): void {
  if (scene.kind === 'absent') return;
  const request = stage.request(scene);
  assert.ok(
    typeof request.operation === 'string' && typeof request.target === 'string',
    `Expected request() to give an operation and a target for the scene '${scene.kind}'`,
  );
}

async function checkScene(trial: Trial, scene: Scene): Promise<void> {
  switch (scene.kind) {
    case 'flood': {
      const { body } = await trial.head(scene);
      await trial.arrival(body[Symbol.asyncIterator]().next(), "a chunk of the scene 'flood'");
      await trial.until(() => trial.peer.flooded > 0, "peer.flooded to count the scene 'flood'");
      return;
    }
    case 'stall': {
      await trial.head(scene);
      assertSame(trial.peer.busy, 1, "Expected peer.busy to be 1 in the scene 'stall'");
      return;
    }
    case 'drop':
    case 'garbage':
    case 'absent':
    case 'cut': {
      const seen = await trial.arrival(readWhatComes(trial, scene), `an end of '${scene.kind}'`);
      const most = scene.kind === 'cut' ? content.length : 0;
      assert.ok(
        seen <= most || scene.kind === 'garbage',
        `Expected the scene '${scene.kind}' to give at most ${most} bytes, found ${seen}: it is played as an answer`,
      );
      const requests = scene.kind === 'absent' ? 0 : 1;
      assert.ok(
        requests === 0 ? trial.peer.requests === 0 : trial.peer.requests >= 1,
        `Expected peer.requests to be ${requests} after the scene '${scene.kind}', found ${trial.peer.requests}`,
      );
      await trial.until(
        () => trial.peer.busy === 0,
        `peer.busy to be 0 after the scene '${scene.kind}', which the peer ends itself`,
      );
      return;
    }
    default:
  }
}

/** How many bytes of a body come, whether it ends or fails. */
async function readWhatComes(trial: Trial, scene: Scene): Promise<number> {
  let bytes = 0;
  try {
    const { body } = await trial.send(scene);
    for await (const chunk of body) bytes += chunk.byteLength;
  } catch {
    // Whether it has to fail is for the cases to say.
  }
  return bytes;
}
