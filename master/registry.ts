// Asks a registry for the digest behind a tag, and whether a digest is there. The only place where
// the master itself speaks to registries; pulling is the minions' affair.

import { createHash } from 'node:crypto';
import { realWorld, type World } from '../protocol/world.ts';
import { fault } from '../states/faults.ts';
import { askRegistry, type Asked, type Credentials } from './registry/client.ts';
import { parseRepository } from './registry/place.ts';

export interface RegistryRequest {
  readonly repository: string;
  /** Spoken to over plain HTTP; a registry on this machine always is. */
  readonly insecure?: boolean;
  readonly credentials?: Credentials;
  readonly signal?: AbortSignal;
  readonly world?: World;
  readonly deadlineMs?: number;
}

const deadlineMsDefault = 20_000;
const manifestBytesMax = 8_388_608;

/** `sha256:…` of what the tag names now; for several platforms that of the list. */
export async function resolveDigest(
  request: RegistryRequest & { readonly tag: string },
): Promise<string> {
  const { repository, tag } = request;
  const name = `${repository}:${tag}`;
  const head = await ask(request, 'HEAD', tag);
  if (head.status === 404) throw fault('IMAGE_NOT_FOUND', `the registry has no ${name}`);
  const told = head.headers.get('docker-content-digest');
  if (told !== null && digestPattern.test(told)) return told;
  const whole = await ask(request, 'GET', tag);
  if (whole.status === 404) throw fault('IMAGE_NOT_FOUND', `the registry has no ${name}`);
  return `sha256:${createHash('sha256').update(whole.body).digest('hex')}`;
}

export async function digestExists(
  request: RegistryRequest & { readonly digest: string },
): Promise<boolean> {
  return (await ask(request, 'HEAD', request.digest)).status === 200;
}

const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** Several kinds of lists first: what a registry prefers to answer with is not what was asked for. */
const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

function ask(request: RegistryRequest, method: 'HEAD' | 'GET', reference: string): Promise<Asked> {
  const { world = realWorld, deadlineMs = deadlineMsDefault, insecure = false } = request;
  const place = parseRepository(request.repository, insecure);
  return askRegistry({
    place,
    method,
    path: `/v2/${place.name}/manifests/${encodeURIComponent(reference)}`,
    accept: manifestTypes,
    bytesMax: manifestBytesMax,
    world,
    deadline: world.now() + deadlineMs,
    ...(request.credentials === undefined ? {} : { credentials: request.credentials }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
}
