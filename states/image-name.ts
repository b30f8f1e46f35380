// The parts of an image's name: repository, tag, digest. Repositories are kept as the Docker Engine
// writes them (`redis`, not `docker.io/library/redis`), because that is what it answers with.

import { quoted, right, wrong, type Parsed } from './parsed.ts';

const repositoryHint = 'write registry/name, like registry.example.com:5000/team/api';
const repositoryCharsMax = 255;

/** `registry.example.com:5000/a/b`, `team/api`, `redis`. */
export function parseRepository(text: string): Parsed<string> {
  const problem = notRepository(text);
  if (problem !== undefined) return problem;
  const { registry, path } = splitRepository(text);
  if (registry !== '' && !isRegistry(registry)) {
    return wrong(`${quoted(text)} has no registry in ${quoted(registry)}`, repositoryHint);
  }
  if (
    !/^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/.test(
      path,
    )
  ) {
    return wrong(`${quoted(text)} is not the repository of an image`, repositoryHint);
  }
  return right(familiar(registry, path));
}

function notRepository(text: string): Parsed<never> | undefined {
  if (text === '') return wrong('the repository is empty', repositoryHint);
  if (text.length > repositoryCharsMax) {
    return wrong(`the repository is longer than ${repositoryCharsMax} characters`, repositoryHint);
  }
  const scheme = /^[a-z]+:\/\//i.exec(text)?.[0];
  if (scheme !== undefined) {
    return wrong(`${quoted(text)} begins with a scheme`, `leave ${scheme} out`);
  }
  if (text.includes('@')) return tooMuch(text, '@', 'digest');
  const bareRegistry = /^(localhost|[^/]*\.[^/]*):\d+$/.test(text);
  if (/:[^/]*$/.test(text) && !bareRegistry) return tooMuch(text, ':', 'tag');
  const { path } = splitRepository(text);
  if (/[A-Z]/.test(path)) {
    return wrong(`${quoted(text)} has capital letters`, `write it small: ${text.toLowerCase()}`);
  }
  return undefined;
}

/** A tag or a digest where only the repository belongs. */
function tooMuch(text: string, mark: string, what: string): Parsed<never> {
  const at = text.lastIndexOf(mark);
  const hint = `write ${text.slice(0, at)} here, and the ${what} in versions/<environment>.yaml`;
  return wrong(`${quoted(text)} has a ${what}`, hint);
}

/** As Docker does it: the part before the first slash is a registry where it looks like a host. */
function splitRepository(text: string): { readonly registry: string; readonly path: string } {
  const slash = text.indexOf('/');
  const first = slash < 0 ? '' : text.slice(0, slash);
  const named = first === 'localhost' || /[.:]/.test(first);
  return named ? { registry: first, path: text.slice(slash + 1) } : { registry: '', path: text };
}

function isRegistry(raw: string): boolean {
  if (!/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)(:\d{1,5})?$/.test(raw)) {
    return false;
  }
  return URL.canParse(`http://${raw}`) && !raw.includes('..');
}

function familiar(registry: string, path: string): string {
  const host = registry.toLowerCase();
  if (registry !== '' && host !== 'docker.io' && host !== 'index.docker.io') {
    return `${host}/${path}`;
  }
  const [, official] = /^library\/([^/]+)$/.exec(path) ?? [];
  return official ?? path;
}

/** Host and port of the registry that a parsed repository is at. */
export function registryOf(repository: string): string {
  const { registry } = splitRepository(repository);
  return registry === '' ? 'docker.io' : registry;
}

const digestHint = 'write sha256: and 64 hexadecimal digits, as the registry shows it';

/** `sha256:` and 64 small hexadecimal digits. */
export function parseDigest(text: string): Parsed<string> {
  if (/^sha256:[0-9a-f]{64}$/.test(text)) return right(text);
  if (/^[0-9a-f]{64}$/.test(text)) {
    return wrong(`${quoted(text)} has no algorithm`, `write sha256: before it`);
  }
  const [, digits] = /^sha256:([0-9a-f]*)$/i.exec(text) ?? [];
  if (digits === undefined) return wrong(`${quoted(text)} is not a digest`, digestHint);
  return digits.length === 64
    ? wrong(`${quoted(text)} has capital letters`, 'write its digits small')
    : wrong(`${quoted(text)} has ${digits.length} digits of 64`, digestHint);
}

const tagCharsMax = 128;

/** 1–128 characters of letters, digits, `_`, `.` and `-`; the first is none of the last two. */
export function parseTag(text: string): Parsed<string> {
  const hint = 'write a tag as the registry has it, like "1.42.0" or main-3e1f0ab';
  if (text === '') return wrong('the tag is empty', hint);
  if (text.length > tagCharsMax) {
    return wrong(`the tag is longer than ${tagCharsMax} characters`, hint);
  }
  if (/^[\w][\w.-]*$/.test(text)) return right(text);
  if (/^[.-]/.test(text))
    return wrong(`the tag ${quoted(text)} begins with ${quoted(text.slice(0, 1))}`, hint);
  const stranger = /[^\w.-]/u.exec(text)?.[0] ?? '';
  return wrong(`the tag ${quoted(text)} has ${quoted(stranger)} in it`, hint);
}
