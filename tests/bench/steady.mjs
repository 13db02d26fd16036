// One GET after the other at a steady rate, whether or not the last one is back: the 99th percentile in milliseconds.
// node steady.mjs URL [RATE] [SECONDS]
import http from 'node:http';
const [url, rate = '500', seconds = '4'] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
const get = () => new Promise((ok, no) => {
  http.get(url, { agent }, (response) => response.on('end', ok).resume()).on('error', no);
});
const pause = (ms) => new Promise((ok) => setTimeout(ok, ms));
for (let i = 0; i < 500; ++i) await get(); // warm
const took = [];
const open = [];
const start = performance.now();
for (let i = 0; i < rate * seconds; ++i) {
  const wait = start + i * 1000 / rate - performance.now();
  if (wait > 0) await pause(wait);
  const begun = performance.now();
  open.push(get().then(() => took.push(performance.now() - begun)));
}
await Promise.all(open);
took.sort((a, b) => a - b);
console.log(took[Math.floor(took.length * 0.99)].toFixed(3));
agent.destroy();
