// The page at /docs, as a browser would show it: everything in the description is on it, and text stays text.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(process.env.CLIENT_MODULES + '/');
const { JSDOM } = require('jsdom');
const base = `http://${process.env.WAYPOST_ADDRESS}`;
const get = async path => (await fetch(base + path)).text();
const description = JSON.parse(await get('/openapi.json'));

const AsyncFunction = (async () => {}).constructor;
const script = new AsyncFunction('document', 'location', 'fetch', await get('/docs/docs.js'));

/** The page, once its script has shown `document`. */
async function show(document) {
  const { window } = new JSDOM(await get('/docs'), { url: `${base}/docs` });
  const fetched = [];
  await script(window.document, window.location, async path => {
    fetched.push(path);
    return { ok: true, json: async () => document };
  });
  assert.deepEqual(fetched, ['/openapi.json']);
  return window;
}

const window = await show(description);
const page = window.document;
const methods = ['get', 'post', 'put', 'patch', 'delete'];
const operations = [...Object.values(description.paths), ...Object.values(description.webhooks)]
  .flatMap(item => methods.filter(method => item[method]).map(method => item[method]));
assert.ok(operations.length > 60);
assert.equal(page.querySelectorAll('article').length, operations.length);
assert.equal(page.querySelectorAll('#contents li').length, operations.length);
for (const { operationId, summary } of operations)
  assert.match(page.getElementById(operationId).textContent, new RegExp(summary.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
assert.equal(page.getElementById('version').textContent, description.info.version);

const submit = page.getElementById('submitJob');
assert.match(submit.textContent, /jobs:write/);
assert.match(submit.querySelector('pre').textContent, /curl -X POST '.*\/v1\/jobs'/);
const members = [...submit.querySelectorAll('details')].find(one => one.textContent === 'members');
members.open = true;
members.dispatchEvent(new window.Event('toggle'));
assert.ok(members.querySelectorAll('dt').length > 0, 'members are shown when they are asked for');

const filter = page.getElementById('filter');
filter.value = '/v1/manifests';
filter.dispatchEvent(new window.Event('input'));
const shown = [...page.querySelectorAll('#contents li')].filter(item => !item.hidden);
assert.equal(shown.length, 4);

const evil = '<img src=x onerror=alert(1)>';
const spoiled = structuredClone(description);
spoiled.info.description = spoiled.paths['/v1/jobs'].post.summary = evil;
spoiled.paths['/v1/jobs'].post.description = `\`${evil}\` **${evil}**`;
const other = (await show(spoiled)).document;
assert.equal(other.querySelectorAll('img, script[src="x"]').length, 0);
assert.ok(other.body.textContent.includes(evil));
console.log(`${operations.length} operations and webhooks are on the page`);
process.exit(0);
