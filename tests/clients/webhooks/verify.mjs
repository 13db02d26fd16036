// Runs the service, gives it webhooks to send, and verifies them with `standardwebhooks` and `svix`.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';

const libraries = { standardwebhooks: StandardWebhook, svix: SvixWebhook };

// A receiver that keeps what it gets, by path.
const waiting = new Map();
const received = new Map();
const receiver = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  response.writeHead(204).end();
  const message = { headers: request.headers, body: Buffer.concat(chunks).toString() };
  received.set(request.url, [...(received.get(request.url) ?? []), message]);
  waiting.get(request.url)?.();
});
receiver.listen(0, '127.0.0.1');
await once(receiver, 'listening');
const hook = (path) => `http://127.0.0.1:${receiver.address().port}${path}`;
async function receive(path, count) {
  while ((received.get(path) ?? []).length < count) await new Promise((resolve) => waiting.set(path, resolve));
  return received.get(path);
}

const folder = mkdtempSync(join(tmpdir(), 'waypost-webhooks-'));
const service = spawn(process.argv[2], ['serve', '--listen', '127.0.0.1:0', '--data-dir', folder,
  '--set', 'egress.allow=["127.0.0.1/32"]'], { stdio: ['ignore', 'pipe', 'inherit'] });
process.on('exit', () => { service.kill(); rmSync(folder, { recursive: true, force: true }); });
const [line] = await once(createInterface(service.stdout), 'line');
const base = line.replace('listening on ', '');
async function post(path, body = {}) {
  const response = await fetch(base + path, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  assert(response.ok, await response.clone().text());
  return response.json();
}

let checks = 0;
function verify(message, secret, type) {
  for (const [name, Library] of Object.entries(libraries)) {
    const event = new Library(secret).verify(message.body, message.headers);
    assert.equal(event.type, type, name);
    const altered = message.body.replace(type, type + 'x');
    assert.throws(() => new Library(secret).verify(altered, message.headers), undefined, name);
    ++checks;
  }
}

// A job's own webhook, with a secret of its own.
const secret = 'whsec_' + Buffer.from('an example secret of 32 bytes ok').toString('base64');
await post('/v1/jobs', { type: 'echo', payload: { name: 'Châteauroux' }, webhook: { url: hook('/own'), secret } });
verify((await receive('/own', 1))[0], secret, 'job.succeeded');

// An endpoint, before and after its secret is rotated: both secrets verify then.
const endpoint = await post('/v1/webhook-endpoints', { url: hook('/endpoint') });
await post('/v1/jobs', { type: 'echo' });
verify((await receive('/endpoint', 1))[0], endpoint.secret, 'job.succeeded');
const rotated = await post(`/v1/webhook-endpoints/${endpoint.id}/rotate-secret`);
await post(`/v1/webhook-endpoints/${endpoint.id}/test`);
const last = (await receive('/endpoint', 2))[1];
verify(last, endpoint.secret, 'webhook.test');
verify(last, rotated.secret, 'webhook.test');

console.log(`${checks} verifications`);
process.exit(0);
