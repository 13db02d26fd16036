// Ten thousand long polls and a thousand event streams, held at once; then jobs end, and their waiters are told.
// node waiters.mjs BASE PID [POLLS] [STREAMS]
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
const [base, pid, polls = '10000', streams = '1000'] = process.argv.slice(2);
const { hostname, port } = new URL(base);
const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
const call = (method, path, body, type = 'application/json') => new Promise((ok, no) => {
  const request = http.request(base + path, { method, agent, headers: body ? { 'content-type': type } : {} }, (response) => {
    let text = '';
    response.on('data', (piece) => text += piece).on('end', () => ok(JSON.parse(text)));
  });
  request.on('error', no).end(body);
});
const pause = (ms) => new Promise((ok) => setTimeout(ok, ms));
const memory = () => Number(/Pss:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024;
const submit = async (count) => {
  const lines = JSON.stringify({ type: 'echo', queue: 'held' }) + '\n';
  return (await call('POST', '/v1/jobs/bulk', lines.repeat(count), 'application/x-ndjson')).ids;
};
// A request on a socket of its own; `seen` is told of all that comes back.
const hold = (path, headers, seen) => new Promise((ok, no) => {
  const socket = net.connect(port, hostname, () => {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
    ok(socket);
  });
  socket.setNoDelay(true).on('data', seen).on('error', no);
});
const told = new Map(); // by job: what resolves when its waiter has heard of its end
const expect = (id) => new Promise((ok, no) => {
  const late = setTimeout(() => no(new Error(`${id}: its waiter was not told in 10 s`)), 10000);
  told.set(id, (at) => { clearTimeout(late); ok(at); });
});
const before = memory();
const ids = [];
while (ids.length < Number(polls) + Number(streams)) ids.push(...await submit(Math.min(10000, Number(polls) + Number(streams) - ids.length)));
const stored = memory();
for (let i = 0; i < ids.length; i += 200) // a backlog at a time
  await Promise.all(ids.slice(i, i + 200).map((id, j) => {
    const ends = (piece) => /cancelled/.test(piece) && told.get(id)?.(performance.now());
    return i + j < Number(streams) ? hold(`/v1/jobs/${id}/events`, 'Accept: text/event-stream\r\n', ends)
                                   : hold(`/v1/jobs/${id}?wait=60`, '', ends);
  }));
await pause(2000);
console.log(`${polls} long polls and ${streams} event streams: ${memory().toFixed(0)} MiB (${before.toFixed(0)} MiB idle, ${stored.toFixed(0)} MiB once their jobs were stored)`);
const measure = async (name, some) => {
  const took = [];
  for (const id of some) {
    const heard = expect(id);
    const begun = performance.now();
    await call('POST', `/v1/jobs/${id}/cancel`);
    took.push(await heard - begun);
    await pause(2);
  }
  took.sort((a, b) => a - b);
  console.log(`${name}: from the request that ends a job to its waiter's answer p50 ${took[took.length >> 1].toFixed(1)} ms, p99 ${took[Math.floor(took.length * 0.99)].toFixed(1)} ms of ${took.length}`);
};
const step = Math.floor(Number(polls) / 500);
await measure('event streams', ids.slice(0, 500));
await measure('long polls', ids.slice(Number(streams)).filter((_, i) => i % step === 0).slice(0, 500));
process.exit(0);
