// Reads the events of a fleet from its Redis, as one of a consumer group: each event goes to one member, and again until it was done.
//
//   npm install ioredis
//   node consumer.mjs --key-file ~/.local/share/outrider/fleet.key [--redis redis://localhost:6379/0] [--group bots] [--name me]
//
// Prints one event a line, as JSON. Members of one group share the events; each group gets all of them. What a member had taken when it
// died it gets again under its own name: do what you do with an event so that twice is no harm (`node`, `seq` name it).
import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';

const { values: wish } = parseArgs({
  options: {
    redis: { type: 'string', default: 'redis://localhost:6379/0' },
    prefix: { type: 'string', default: 'outrider:' },
    'key-file': { type: 'string' },
    group: { type: 'string', default: 'examples' },
    name: { type: 'string', default: 'one' },
  },
});
if (!wish['key-file']) {
  console.error('consumer: --key-file is needed: the file that `outrider config` names as fleet.key_file');
  process.exit(2);
}
const lines = readFileSync(wish['key-file'], 'utf8').split('\n').map((line) => line.trim());
const keys = lines.filter((line) => line && !line.startsWith('#'));
const redis = new Redis(wish.redis, { maxRetriesPerRequest: null });
redis.on('error', (error) => console.error(`consumer: ${error.message}`));

/** The body of a sealed text, where one of the fleet's keys sealed it for that purpose; else undefined. */
function opened(purpose, sealed) {
  const dot = sealed.indexOf('.');
  const body = sealed.slice(dot + 1);
  const told = Buffer.from(sealed.slice(0, Math.max(0, dot)));
  const fits = keys.some((key) => {
    const digest = Buffer.from(createHmac('sha256', key).update(`${purpose}\n${body}`).digest('hex'));
    return digest.length === told.length && timingSafeEqual(digest, told);
  });
  return fits ? body : undefined;
}

/** The stream of every node, and what its entries are sealed for. */
async function feeds() {
  const found = new Map();
  for (const [node, sealed] of Object.entries(await redis.hgetall(`${wish.prefix}nodes`))) {
    const card = opened(`card ${node}`, sealed);
    if (card === undefined) continue;
    const { incarnation } = JSON.parse(card);
    found.set(`${wish.prefix}ev:${node}:${incarnation}`, `entry ${node} ${incarnation}`);
  }
  return found;
}

/** Makes the group where there is none: from the oldest event that is kept. */
async function join(stream) {
  try {
    await redis.xgroup('CREATE', stream, wish.group, '0', 'MKSTREAM');
  } catch (error) {
    if (!error.message.startsWith('BUSYGROUP')) throw error;
  }
}

/** Takes a page and has it done with; whether there was anything. */
async function take(streams, after) {
  const names = [...streams.keys()];
  const wait = after === '>' ? ['BLOCK', 1000] : [];
  const page = await redis.xreadgroup('GROUP', wish.group, wish.name, 'COUNT', 100, ...wait, 'STREAMS', ...names, ...names.map(() => after));
  let count = 0;
  for (const [stream, entries] of page ?? []) {
    for (const [mark, fields] of entries) {
      count += 1;
      const body = opened(`${streams.get(stream)} ${mark}`, fields?.[1] ?? '');
      // Events stand at part 0 of their seq; what stands behind them is for nodes. No seal of the fleet: not from it.
      if (body !== undefined && mark.endsWith('-0')) console.log(body);
      await redis.xack(stream, wish.group, mark);
    }
  }
  return count > 0;
}

/** Reads: first what this member had taken before and not done, then what is new. */
async function read() {
  const joined = new Map();
  let looked = 0;
  for (;;) {
    if (Date.now() - looked > 5000) { // nodes come and go
      looked = Date.now();
      for (const [stream, purpose] of await feeds()) {
        if (joined.has(stream)) continue;
        await join(stream);
        joined.set(stream, purpose);
        while (await take(new Map([[stream, purpose]]), '0'));
      }
    }
    if (joined.size) await take(joined, '>');
    else await new Promise((done) => setTimeout(done, 1000));
  }
}

for (;;) {
  try {
    await read();
  } catch (error) { // also where the Redis lost the group with everything else
    console.error(`consumer: ${error.message}`);
    await new Promise((done) => setTimeout(done, 1000));
  }
}
