// Lays an environment's overrides over a service: maps merge, lists and scalars replace, null removes.

import { isNull, type Entry, type MapTree } from './tree.ts';

export function mergeMaps(base: MapTree, over: MapTree): MapTree {
  const entries = new Map<string, Entry>(base.entries);
  for (const [key, entry] of over.entries) {
    if (isNull(entry.value)) entries.delete(key);
    else entries.set(key, mergeEntry(base.entries.get(key), entry));
  }
  return { kind: 'map', entries, place: base.place };
}

function mergeEntry(base: Entry | undefined, over: Entry): Entry {
  if (over.value.kind !== 'map') return over;
  if (base?.value.kind === 'map') {
    return { key: over.key, value: mergeMaps(base.value, over.value) };
  }
  // Nothing to merge with; what is removed here is removed all the same.
  const nothing: MapTree = { ...over.value, entries: new Map() };
  return { key: over.key, value: mergeMaps(nothing, over.value) };
}
