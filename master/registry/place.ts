// Which registry an image's repository is at, and whether it may be spoken to without TLS.

import { isIP } from 'node:net';
import { fault } from '../../states/faults.ts';

export interface Place {
  /** Host and port as the repository names it. */
  readonly registry: string;
  /** `https://host:port` or `http://host:port`. */
  readonly origin: string;
  /** The repository's name inside the registry. */
  readonly name: string;
}

/** As Docker does it: the part before the first slash is a host where it looks like one. */
export function parseRepository(repository: string, insecure: boolean): Place {
  const slash = repository.indexOf('/');
  const first = slash < 0 ? '' : repository.slice(0, slash);
  const named = first === 'localhost' || /[.:]/.test(first);
  const registry = named ? first : 'docker.io';
  const rest = named ? repository.slice(slash + 1) : repository;
  const name = registry === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest;
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  const url = URL.parse(`https://${host}`);
  if (!namePattern.test(name) || url === null || url.pathname !== '/' || url.username !== '') {
    throw fault('IMAGE_NOT_FOUND', `not the repository of an image: ${repository}`);
  }
  const scheme = insecure || isLoopback(url.hostname) ? 'http' : 'https';
  return { registry, origin: `${scheme}://${host}`, name };
}

const namePattern = /^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/;

export function isLoopback(hostname: string): boolean {
  const host = bare(hostname);
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Addresses that mean something else on every machine; nothing outside may send us there. */
export function isOurOwn(hostname: string): boolean {
  const host = bare(hostname);
  return isLoopback(host) || /^(169\.254\.|0\.|fe80:|::$|::ffff:)/.test(host);
}

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '').toLowerCase();
