import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askStatus, controlPath, openControl, type Control } from '../../minion/control.ts';
import type { StatusView } from '../../minion/status.ts';

let dir: string;
const opened: Control[] = [];
const status = async (): Promise<StatusView> => ({ id: 'web-1' }) as StatusView;

async function open(onLost: () => void = () => undefined): Promise<Control> {
  const control = await openControl({ dir, status, onLost });
  opened.push(control);
  return control;
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'brine-control-'));
});

afterEach(async () => {
  for (const control of opened.splice(0)) await control.close();
  await rm(dir, { recursive: true, force: true });
});

describe('the directory of a minion', () => {
  it('is held by one, who tells how it is', async () => {
    await open();
    await expect(open()).rejects.toMatchObject({ data: { code: 'MINION_BUSY' } });
    expect(await askStatus(dir)).toEqual({ id: 'web-1' });
    expect((await stat(controlPath(dir))).mode & 0o777).toBe(0o600);
  });

  it('is free again when that one has ended, in good order or not', async () => {
    const first = await open();
    await first.close();
    const second = await open();
    await second.close();
    // What a killed one leaves: a socket that nobody listens at.
    const path = JSON.stringify(controlPath(dir));
    const program = `require('net').createServer().listen(${path}, () => console.log('up'))`;
    const killed = spawn(process.execPath, ['-e', program]);
    await new Promise((resolve) => killed.stdout.once('data', resolve));
    killed.kill('SIGKILL');
    await new Promise((resolve) => killed.once('close', resolve));
    expect((await stat(controlPath(dir))).isSocket()).toBe(true);
    await writeFile(join(dir, 'minion.yaml'), '');
    await open();
    expect(await askStatus(dir)).toEqual({ id: 'web-1' });
  });

  it('that another took at the very same moment is given up, and left to that one', async () => {
    let lost = 0;
    const first = await open(() => (lost += 1));
    await rm(controlPath(dir));
    await open();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(lost).toBe(1);
    await first.close();
    expect(await askStatus(dir)).toEqual({ id: 'web-1' });
  });

  it('says whether nobody has joined, or nobody runs', async () => {
    await expect(askStatus(dir)).rejects.toMatchObject({ data: { code: 'MINION_UNSET' } });
    await writeFile(join(dir, 'minion.yaml'), '');
    await expect(askStatus(dir)).rejects.toMatchObject({ data: { code: 'MINION_DOWN' } });
  });
});
