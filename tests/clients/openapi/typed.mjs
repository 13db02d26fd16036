// Makes a typed client from the served description, compiles a program that uses it as strictly as tsc can, and
// runs that program.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(process.env.CLIENT_MODULES, 'node_modules');
const folder = mkdtempSync(join(tmpdir(), 'waypost-client-'));

function run(program, ...words) {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, `${program} ${words.join(' ')}:\n${stdout}${stderr}`);
  process.stdout.write(stdout);
}

try {
  symlinkSync(modules, join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  for (const file of ['client.ts', 'tsconfig.json']) copyFileSync(join(here, file), join(folder, file));
  run(join(modules, '.bin', 'openapi-typescript'), `http://${process.env.WAYPOST_ADDRESS}/openapi.json`,
      '-o', 'waypost.d.ts');
  run(join(modules, '.bin', 'tsc'), '--project', '.');
  run(process.execPath, 'client.js', `http://${process.env.WAYPOST_ADDRESS}`);
} finally {
  rmSync(folder, { recursive: true });
}
