// Who this minion is and whose: minion.yaml, its key and the two certificates, as `minion join` wrote
// them into the minion's own directory.

import type { KeyObject } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import { readIfThere, writeWhole } from '../protocol/identity/files.ts';
import { readSigner } from '../protocol/identity/signing.ts';
import { fault } from '../states/faults.ts';
import { parseHostId, type HostId } from '../states/ids.ts';
import { parseDuration } from '../states/units.ts';
import { parseMasterUrl } from './master-url.ts';
import { policySchema, type HostPolicy } from './policy.ts';

export interface MinionConfig {
  /** `wss://host:port` of the master. */
  readonly url: string;
  readonly id: HostId;
  /** Of the Docker Engine, as in DOCKER_HOST; absent where that or the default decides. */
  readonly docker?: string;
  /** Next to nothing where minion.yaml says nothing of it. */
  readonly allow: HostPolicy;
  /** See {@link arpRetryMs}. */
  readonly arp_retry?: number | 'off';
}

/** Everything in PEM. */
export interface Identity {
  readonly id: HostId;
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
  /** The public half of the master's signing key, in base64. */
  readonly signer: string;
}

export const minionFiles = (dir: string) => ({
  config: join(dir, 'minion.yaml'),
  key: join(dir, 'key.pem'),
  cert: join(dir, 'cert.pem'),
  ca: join(dir, 'ca.pem'),
  signer: join(dir, 'signer.pub'),
  /** Key and certificate together, until both have taken their places. */
  renewed: join(dir, 'renewed.pem'),
});

/** Whole or not at all, wherever the machine dies: the two files cannot be written at once. */
export async function keepRenewed(dir: string, { key, cert }: Identity): Promise<void> {
  const files = minionFiles(dir);
  await writeWhole(files.renewed, `${key}${cert}`, 0o600);
  await finishRenewal(dir);
}

async function finishRenewal(dir: string): Promise<void> {
  const files = minionFiles(dir);
  const both = await readIfThere(files.renewed);
  if (both === undefined) return;
  const at = both.indexOf('-----BEGIN CERTIFICATE-----');
  await writeWhole(files.key, both.slice(0, at), 0o600);
  await writeWhole(files.cert, both.slice(at), 0o644);
  await rm(files.renewed);
}

/** Throws MINION_UNSET where nobody has joined, BAD_USAGE where minion.yaml makes no sense. */
export async function readMinion(
  dir: string,
): Promise<{ readonly config: MinionConfig; readonly identity: Identity }> {
  const files = minionFiles(dir);
  await finishRenewal(dir);
  const [text, key, cert, ca, signer] = await Promise.all([
    read(files.config, dir),
    read(files.key, dir),
    read(files.cert, dir),
    read(files.ca, dir),
    read(files.signer, dir),
  ]);
  const config = parseMinionConfig(text, files.config);
  return { config, identity: { id: config.id, key, cert, ca, signer } };
}

export function parseMinionConfig(text: string, path: string): MinionConfig {
  const document = parseDocument(text, { version: '1.2', schema: 'core' });
  const [error] = document.errors;
  if (error !== undefined) throw fault('BAD_USAGE', firstLine(error.message), { where: path });
  const parsed = minionConfigSchema.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw fault('BAD_USAGE', `${place}${issue?.message ?? 'not valid'}`, { where: path });
}

/** Milliseconds; undefined where the kernel's own second is to stay. */
export function arpRetryMs({ arp_retry: asked = 20 }: MinionConfig): number | undefined {
  return asked === 'off' ? undefined : asked;
}

/** A container's kernel answers at once; sooner would be only noise. */
const arpRetryMsMin = 10;

export const minionConfigText = (config: object): string => stringify(config);

/** As written, once it has been looked at. */
export const minionConfigObject = (text: string): object =>
  parseDocument(text, { version: '1.2', schema: 'core' }).toJS() as object;

export const minionConfigSchema = z.strictObject({
  url: z.string().transform((raw, context) => {
    const url = parseMasterUrl(raw);
    if (url !== undefined) return url;
    context.addIssue({ code: 'custom', message: 'not the address of a master, wss://host:port' });
    return z.NEVER;
  }),
  id: z.string().transform((raw, context) => {
    const id = parseHostId(raw);
    if (id !== undefined) return id;
    context.addIssue({ code: 'custom', message: 'not the id of a host' });
    return z.NEVER;
  }),
  allow: policySchema.describe(
    'What of this host containers may use, and which tests may run; else none of it.',
  ),
  docker: z
    .string()
    .min(1)
    .exactOptional()
    .describe('Where the Docker Engine is, as in `DOCKER_HOST`, which goes before it.'),
  arp_retry: z
    .string()
    .transform((raw, context) => {
      if (raw === 'off') return raw;
      const parsed = parseDuration(raw);
      if (parsed.ok && parsed.value >= arpRetryMsMin) return parsed.value;
      const message = parsed.ok ? `at least ${arpRetryMsMin}ms` : parsed.problem;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .exactOptional()
    .describe(
      'How soon the kernel looks again for the address of a container that just starts, on the bridges of our own networks; `off` leaves them as Docker made them.',
    ),
});

async function read(path: string, dir: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') throw fault('MINION_UNSET', `no host has joined from ${dir}`);
    throw fault('BAD_USAGE', `cannot read ${path}: ${cause.message}`, {}, { cause });
  });
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text;

/** Throws MINION_UNSET. */
export function signerOf({ signer }: Identity): KeyObject {
  const key = readSigner(signer);
  if (key === undefined) throw fault('MINION_UNSET', 'signer.pub is not the key of a master');
  return key;
}
