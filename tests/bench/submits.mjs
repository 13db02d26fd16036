// Submissions at a steady rate: how long each took to be accepted.
// node submits.mjs BASE SECONDS [RATE]
import http from 'node:http';
const [base, seconds, rate = '200'] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const body = JSON.stringify({ type: 'echo', queue: 'held' });
const took = [];
const submit = () => new Promise((ok, no) => {
  const begun = performance.now();
  const request = http.request(base + '/v1/jobs', { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
    (response) => response.resume().on('end', () => { took.push(performance.now() - begun); ok(); }));
  request.on('error', no).end(body);
});
const start = performance.now(), open = [];
for (let i = 0; i < Number(rate) * Number(seconds); ++i) {
  await new Promise((ok) => setTimeout(ok, Math.max(0, start + i * 1000 / Number(rate) - performance.now())));
  open.push(submit());
}
await Promise.all(open);
took.sort((a, b) => a - b);
const at = (p) => took[Math.floor(took.length * p)].toFixed(1);
console.log(`submissions at ${rate}/s: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(0.9999)} ms of ${took.length}`);
agent.destroy();
