// What a registry tells about its images: the tags of a repository, and of one image when it was
// made, from which commit, and for which platforms.

import { z } from 'zod';
import { fault } from '../../states/faults.ts';
import { ask, manifestTypes, type RegistryRequest } from './ask.ts';
import type { Asked } from './client.ts';

const catalogLimits = { tagsMax: 20_000, pageTags: 1_000 } as const;

/** Every tag, in the registry's own order. IMAGE_NOT_FOUND where there is no such repository. */
export async function listTags(request: RegistryRequest): Promise<readonly string[]> {
  const tags: string[] = [];
  let path: string | undefined = `tags/list?n=${catalogLimits.pageTags}`;
  while (path !== undefined) {
    const page: Asked = await ask(request, { method: 'GET', path, accept: 'application/json' });
    if (page.status === 404) {
      throw fault('IMAGE_NOT_FOUND', `the registry has no repository ${request.repository}`);
    }
    tags.push(...(read(tagList, page, request).tags ?? []));
    if (tags.length > catalogLimits.tagsMax) {
      const message = `${request.repository} has more than ${catalogLimits.tagsMax} tags`;
      throw fault('REGISTRY_DOWN', message);
    }
    path = nextPage(page.headers.get('link'));
  }
  return tags;
}

export interface ImageDescription {
  /** Unix milliseconds; 0 where the image does not say. */
  readonly createdAt: number;
  /** `org.opencontainers.image.revision` and `.source`. */
  readonly commit: string | undefined;
  readonly source: string | undefined;
  /** `brine.subject`: what the commit says of itself, where the build wrote it down. */
  readonly subject: string | undefined;
  /** `linux/amd64`, `linux/arm64/v8`, … */
  readonly platforms: readonly string[];
}

export async function describeImage(
  request: RegistryRequest & { readonly digest: string },
): Promise<ImageDescription> {
  const top = await manifest(request, request.digest);
  const listed = (top.manifests ?? []).filter(({ platform }) => platform?.os !== 'unknown');
  const [first] = listed;
  const one = first === undefined ? top : await manifest(request, first.digest);
  const config = one.config === undefined ? {} : await configOf(request, one.config.digest);
  const notes = { ...config.config?.Labels, ...one.annotations, ...top.annotations };
  const platforms = listed.flatMap(({ platform }) => (platform === undefined ? [] : [platform]));
  return {
    createdAt: Date.parse(config.created ?? '') || 0,
    commit: notes['org.opencontainers.image.revision'],
    source: notes['org.opencontainers.image.source'],
    subject: notes['brine.subject'],
    platforms: (first === undefined ? [config] : platforms).map(platformName),
  };
}

const tagList = z.object({ tags: z.array(z.string().max(128)).nullish() });

const platform = z.object({
  os: z.string().max(64).optional(),
  architecture: z.string().max(64).optional(),
  variant: z.string().max(64).optional(),
});
const annotations = z.record(z.string().max(512), z.string().max(4_096)).optional();
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const manifestShape = z.object({
  config: z.object({ digest }).optional(),
  manifests: z
    .array(z.object({ digest, platform: platform.optional() }))
    .max(200)
    .optional(),
  annotations,
});

const configShape = platform.extend({
  created: z.string().max(64).optional(),
  config: z.object({ Labels: annotations.nullable() }).nullish(),
});

async function manifest(
  request: RegistryRequest,
  reference: string,
): Promise<z.infer<typeof manifestShape>> {
  const path = `manifests/${reference}`;
  const found = await ask(request, { method: 'GET', path, accept: manifestTypes });
  if (found.status === 200) return read(manifestShape, found, request);
  throw fault('IMAGE_NOT_FOUND', `the registry has no ${request.repository}@${reference}`);
}

async function configOf(
  request: RegistryRequest,
  reference: string,
): Promise<z.infer<typeof configShape>> {
  const path = `blobs/${reference}`;
  const found = await ask(request, { method: 'GET', path, accept: '*/*', elsewhere: true });
  if (found.status === 200) return read(configShape, found, request);
  throw fault('IMAGE_NOT_FOUND', `the registry has no ${reference} of ${request.repository}`);
}

function read<T>(schema: z.ZodType<T>, { body }: Asked, request: RegistryRequest): T {
  const parsed = schema.safeParse(asJson(body));
  if (parsed.success) return parsed.data;
  const message = `the registry answers something else than it should about ${request.repository}`;
  throw fault('REGISTRY_DOWN', message, {}, { cause: parsed.error });
}

function asJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString()) as unknown;
  } catch {
    return undefined;
  }
}

const platformName = ({
  os = 'linux',
  architecture = 'amd64',
  variant,
}: z.infer<typeof platform>) =>
  [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');

/** Only a path of the same registry is followed. */
function nextPage(link: string | null): string | undefined {
  const [, target] = /<([^>]+)>\s*;\s*rel="?next"?/i.exec(link ?? '') ?? [];
  const url = target === undefined ? null : URL.parse(target, 'http://registry.invalid');
  return url?.pathname.startsWith('/v2/') === true ? `${url.pathname}${url.search}` : undefined;
}
