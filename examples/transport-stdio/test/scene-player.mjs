// The process that plays the scenes of the kit: JSON-RPC on its pipes, and what it sees on a socket
// to the test. It is plain JavaScript, since the kit starts it some hundred times, and Node takes
// longer to take types out than for all the rest.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const report = connect(Number(process.env['KIT_PORT']), '127.0.0.1');
report.on('close', () => process.exit(1));
report.on('error', () => process.exit(1));
const { stdout } = process;

/** Resolves when the test has counted it. */
const tell = (facts) =>
  new Promise((resolve) => {
    waiting.push(resolve);
    report.write(`${JSON.stringify(facts)}\n`);
  });
const waiting = [];
report.on('data', (acknowledged) => {
  for (let count = 0; count < acknowledged.length; count++) waiting.shift()?.();
});

const write = (message) => {
  stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
};

/** Waits until the transport takes more. */
const room = async () => {
  if (stdout.writableNeedDrain) await once(stdout, 'drain');
};

const written = () => new Promise((resolve) => stdout.write('', () => resolve()));

/** Who waits for an answer: a request of the shared process, or the one call that this process is for. */
class Caller {
  hasLeft = false;

  constructor(id) {
    this.id = id;
  }

  static async take(id) {
    await tell({ requests: 1, busy: 1 });
    return new Caller(id);
  }

  /** A head, or a chunk. */
  say(bytes) {
    const params = { progressToken: this.id, progress: 1, bytes };
    write({ method: 'notifications/progress', params });
  }

  end() {
    if (this.id !== 'own') write({ id: this.id, result: {} });
    this.leave();
  }

  leave() {
    if (!this.hasLeft) void tell({ busy: -1 });
    this.hasLeft = true;
  }
}

async function play({ scene, bytes }, caller) {
  const { kind, chunks = [], pauseMs = 0 } = scene;
  switch (kind) {
    case 'answer':
      if (pauseMs > 0) await pause(pauseMs);
      caller.say();
      for (const chunk of chunks) {
        // oxlint-disable-next-line no-await-in-loop -- one chunk after another
        if (pauseMs > 0) await pause(pauseMs);
        if (caller.hasLeft) return;
        caller.say(chunk);
      }
      caller.end();
      return;
    case 'echo':
      caller.say(bytes ?? '');
      caller.end();
      return;
    case 'stall':
    case 'cut':
      caller.say();
      for (const chunk of chunks) caller.say(chunk);
      if (kind === 'stall') return;
      await written();
      if (scene.how === 'end') process.exit(0);
      process.kill(process.pid, 'SIGKILL');
      return;
    case 'drop':
      process.exit(1);
      return;
    case 'garbage':
      stdout.write('HTTP/1.1 400 Bad Request\r\n');
      return;
    case 'flood': {
      const length = scene.chunkBytes ?? 0;
      const chunk = Buffer.alloc(length).toString('base64');
      caller.say();
      while (!caller.hasLeft) {
        caller.say(chunk);
        // oxlint-disable-next-line no-await-in-loop -- one chunk after another
        await Promise.all([tell({ flooded: length }), room()]);
      }
      return;
    }
    default:
  }
}

const callers = new Map();
/** What a call with a process of its own has sent. */
let own;

async function take(line) {
  const { id, method, params } = JSON.parse(line);
  switch (method) {
    case 'notifications/cancelled':
      callers.get(params.requestId)?.leave();
      return;
    case 'kit/own':
      own = { caller: await Caller.take('own'), params, parts: [] };
      if (params.scene.kind === 'deaf') await new Promise(() => {});
      if (params.scene.kind !== 'echo' && params.scene.kind !== 'converse') {
        void play(params, own.caller);
      }
      return;
    case 'kit/part':
      own?.parts.push(Buffer.from(params.bytes, 'base64'));
      if (own?.params.scene.kind !== 'converse') return;
      own.caller.say(params.bytes);
      await room();
      return;
    default: {
      const caller = await Caller.take(id);
      callers.set(id, caller);
      void play(params, caller);
    }
  }
}

let held = [];
for await (const text of process.stdin.setEncoding('utf8')) {
  const [end, ...starts] = text.split('\n');
  held.push(end);
  for (const start of starts) {
    // oxlint-disable-next-line no-await-in-loop -- one line after another
    await take(held.join(''));
    held = [start];
  }
}
if (own !== undefined) {
  const { caller, params, parts } = own;
  if (params.scene.kind === 'echo') caller.say(Buffer.concat(parts).toString('base64'));
  await written();
  caller.leave();
}
process.exit(0);
