// What it costs a process to open an Engine: counted in what it loads, since that is what it weighs.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const docker = pathToFileURL(join(import.meta.dirname, '../../../minion/engine/docker.ts')).href;

const program = `
const { createRequire } = await import('node:module');
const { openEngine } = await import(${JSON.stringify(docker)});
const engine = await openEngine({ host: 'unix:///nowhere/docker.sock' });
const told = await engine.containers().catch((error) => error.data);
const files = Object.keys(createRequire(${JSON.stringify(docker)}).cache);
console.log(JSON.stringify({ told, files, builtin: process.moduleLoadList }));
`;

it('opening an Engine loads neither gRPC nor SSH nor undici, and asks nothing yet', async () => {
  const args = ['--input-type=module', '--disable-warning=ExperimentalWarning', '-e', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 24 });
  const { told, files, builtin } = JSON.parse(stdout) as {
    told: { code: string };
    files: string[];
    builtin: string[];
  };
  expect(told.code).toBe('DOCKER_DOWN');
  expect(files.some((file) => file.endsWith('/dockerode/lib/container.js'))).toBe(true);
  expect(
    files.filter((file) => /grpc|protobuf|ssh2|readable-stream|tar-stream/.test(file)),
  ).toEqual([]);
  expect(builtin.filter((name) => name.includes('undici'))).toEqual([]);
});
