// Submit to done at a steady rate, as a client that polls sees it.
// node latency.mjs BASE [RATE] [SECONDS]
import http from 'node:http';
const [base, rate = '100', seconds = '12'] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const call = (method, path, body) => new Promise((ok, no) => {
  const headers = body ? { 'content-type': 'application/json' } : {};
  const request = http.request(base + path, { method, agent, headers }, (response) => {
    let text = '';
    response.on('data', (piece) => text += piece).on('end', () => ok(JSON.parse(text)));
  });
  request.on('error', no).end(body);
});
const pause = (ms) => new Promise((ok) => setTimeout(ok, ms));
const body = JSON.stringify({ type: 'echo', payload: { pad: 'p'.repeat(440) } });
const took = [];
const start = performance.now();
const open = [];
for (let i = 0; i < rate * seconds; ++i) {
  await pause(Math.max(0, start + i * 1000 / rate - performance.now()));
  open.push((async () => {
    const begun = performance.now();
    const { id } = await call('POST', '/v1/jobs', body);
    while ((await call('GET', '/v1/jobs/' + id)).state !== 'succeeded') await pause(1);
    took.push(performance.now() - begun);
  })());
}
await Promise.all(open);
took.sort((a, b) => a - b);
const at = (p) => took[Math.floor(took.length * p)].toFixed(2);
console.log(`submit to done at ${rate}/s: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms of ${took.length}`);
agent.destroy();
