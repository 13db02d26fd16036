// What a call takes on a store, one after the other, in milliseconds, as JSON.
// node scale.mjs BASE [CALLS]
import http from 'node:http';
const [base, calls = '300'] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const call = (method, path, body, type = 'application/json') => new Promise((ok, no) => {
  const request = http.request(base + path, { method, agent, headers: body ? { 'content-type': type } : {} }, (response) => {
    let text = '';
    response.on('data', (piece) => text += piece).on('end', () => response.statusCode < 300 ? ok(JSON.parse(text)) : no(new Error(path + ' ' + text)));
  });
  request.on('error', no).end(body);
});
const timed = async (act) => {
  const took = [];
  for (let i = 0; i < Number(calls); ++i) {
    const begun = performance.now();
    await act(i);
    took.push(performance.now() - begun);
  }
  took.sort((a, b) => a - b);
  return took[Math.floor(took.length / 10)]; // one that nothing else on the machine disturbed
};
const job = JSON.stringify({ type: 'echo', payload: { pad: 'p'.repeat(200) }, tags: { team: 't500' } });
// A page far from both ends: its cursor is that of a job from the middle of the time that the store covers.
const page = async (query) => (await call('GET', '/v1/jobs?limit=50&' + query));
const oldest = await page('order=created_asc');
const middle = new Date((Date.parse(oldest.data[0].created_at) + Date.now()) / 2).toISOString();
const deep = (await page('created_before=' + middle)).next_cursor;
const known = [...oldest.data, ...(await page('')).data, ...(await page('created_before=' + middle)).data].map((j) => j.id);
const succeeded = async () => (await call('GET', '/v1/stats')).jobs.by_state.succeeded;
const drained = async () => { // from the submission of 20,000 jobs to the end of the last
  const begun = performance.now(), before = await succeeded();
  for (let i = 0; i < 4; ++i) await call('POST', '/v1/jobs/bulk', (job + '\n').repeat(5000), 'application/x-ndjson');
  while (await succeeded() < before + 20000) await new Promise((ok) => setTimeout(ok, 20));
  return performance.now() - begun;
};
console.log(JSON.stringify({
  'submit': await timed(() => call('POST', '/v1/jobs', job)),
  'get': await timed((i) => call('GET', '/v1/jobs/' + known[i % known.length])),
  'first page': await timed(() => page('')),
  'deep page': await timed(() => page(deep ? 'cursor=' + deep : 'created_before=' + middle)),
  'page by tag': await timed(() => page('tag.team=t500')),
  'page by tag and state': await timed(() => page('tag.team=t500&state=succeeded')),
  'page by type and state': await timed(() => page('type=echo&state=succeeded')),
  'drain 20,000': await drained(),
}));
agent.destroy();
