// Which files of a repository are states, how many of them are read, and where links among them lead.

import type { SourceFiles } from './files.ts';

export const sourceLimits = { bytesMax: 67_108_864, filesMax: 20_000 } as const;
export const linksDeepMax = 5;

const stateNames = ['brine.yaml', 'services', 'environments', 'versions', 'files'] as const;

export const statePaths = (folder: string): readonly string[] =>
  stateNames.map((name) => `${folder}${name}`);

/** Files that links point to inside the states and that were not read yet. */
export function linkTargets(files: SourceFiles): readonly string[] {
  const found = [...files].flatMap(([path, file]) => {
    if (!('link' in file)) return [];
    const target = linkTarget(path, file.link);
    return target === undefined || files.has(target) ? [] : [target];
  });
  return [...new Set(found)];
}

/** Undefined where the link leads out. */
function linkTarget(path: string, link: string): string | undefined {
  if (link.startsWith('/')) return undefined;
  const parts = path.split('/').slice(0, -1);
  for (const part of link.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.length === 0 ? undefined : parts.join('/');
}
