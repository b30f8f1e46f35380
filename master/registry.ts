// Asks a registry for the digest behind a tag; pulling is the minions' affair.

import { createHash } from 'node:crypto';
import { fault } from '../states/faults.ts';
import { ask, manifestTypes, type RegistryRequest } from './registry/ask.ts';
import type { Asked } from './registry/client.ts';

export type { RegistryRequest } from './registry/ask.ts';

/** `sha256:…` of what the tag names now; for several platforms that of the list. */
export async function resolveDigest(
  request: RegistryRequest & { readonly tag: string },
): Promise<string> {
  const { repository, tag } = request;
  const name = `${repository}:${tag}`;
  const head = await askManifest(request, 'HEAD', tag);
  if (head.status === 404) throw fault('IMAGE_NOT_FOUND', `the registry has no ${name}`);
  const told = head.headers.get('docker-content-digest');
  if (told !== null && digestPattern.test(told)) return told;
  const whole = await askManifest(request, 'GET', tag);
  if (whole.status === 404) throw fault('IMAGE_NOT_FOUND', `the registry has no ${name}`);
  return `sha256:${createHash('sha256').update(whole.body).digest('hex')}`;
}

const digestPattern = /^sha256:[0-9a-f]{64}$/;

function askManifest(
  request: RegistryRequest,
  method: 'HEAD' | 'GET',
  reference: string,
): Promise<Asked> {
  const path = `manifests/${encodeURIComponent(reference)}`;
  return ask(request, { method, path, accept: manifestTypes });
}
