// One request to a registry in the terms of the rest of the master: a repository, what is wanted of
// it, and how long that may take.

import { realWorld, type World } from '../../protocol/world.ts';
import { askRegistry, type Asked, type Credentials } from './client.ts';
import { parseRepository } from './place.ts';

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
const answerBytesMax = 8_388_608;

interface Wanted {
  readonly method: 'HEAD' | 'GET';
  /** Below the repository, `manifests/1.0.0`; or whole, as a registry gave it for the next page. */
  readonly path: string;
  readonly accept: string;
  /** Blobs are often kept at another host: followed there, without our credentials. */
  readonly elsewhere?: boolean;
}

export function ask(request: RegistryRequest, wanted: Wanted): Promise<Asked> {
  const { world = realWorld, deadlineMs = deadlineMsDefault, insecure = false } = request;
  const place = parseRepository(request.repository, insecure);
  const { method, path, accept, elsewhere = false } = wanted;
  return askRegistry({
    place,
    method,
    path: path.startsWith('/v2/') ? path : `/v2/${place.name}/${path}`,
    accept,
    elsewhere,
    bytesMax: answerBytesMax,
    world,
    deadline: world.now() + deadlineMs,
    ...(request.credentials === undefined ? {} : { credentials: request.credentials }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
}

/** Several kinds of lists first: what a registry prefers to answer with is not what was asked for. */
export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');
