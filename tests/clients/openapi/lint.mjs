// The served description under two linters, whose every word counts as a failure.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const programs = join(process.env.CLIENT_MODULES, 'node_modules', '.bin');
const folder = mkdtempSync(join(tmpdir(), 'waypost-openapi-'));
const file = join(folder, 'openapi.json');

function run(program, ...words) {
  const { status, stdout, stderr } = spawnSync(join(programs, program), words, {
    encoding: 'utf8', env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
  });
  assert.equal(status, 0, `${program}:\n${stdout}${stderr}`);
  console.log(`${program} has nothing to say`);
}

try {
  const response = await fetch(`http://${process.env.WAYPOST_ADDRESS}/openapi.json`);
  // Indented, so that a linter's line says where.
  writeFileSync(file, JSON.stringify(await response.json(), null, 2));
  run('redocly', 'lint', file, '--config', join(here, 'redocly.yaml'));
  run('spectral', 'lint', file, '--ruleset', join(here, 'spectral.yaml'), '--fail-severity=hint');
} finally {
  rmSync(folder, { recursive: true });
}
