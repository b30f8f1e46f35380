// The names of things. A branded name is made only by its parser here, so a string that was never
// checked cannot reach a path, a label or a container name. Imports nothing.

declare const brand: unique symbol;
export type Brand<Name extends string> = string & { readonly [brand]: Name };

export type HostId = Brand<'HostId'>;
export type EnvironmentName = Brand<'EnvironmentName'>;
export type ServiceName = Brand<'ServiceName'>;
export type ReleaseId = Brand<'ReleaseId'>;
export type RolloutId = Brand<'RolloutId'>;

const namePattern = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
const hostPattern = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/;
const hexPattern = /^[0-9a-f]{8}$/;
const rolloutPattern = /^r[0-9]{1,12}$/;

const parser =
  <T extends string>(pattern: RegExp) =>
  (raw: string): T | undefined =>
    pattern.test(raw) && !raw.includes('..') ? (raw as T) : undefined;

/** 1–63 characters of `a-z 0-9 . -`, as in a DNS name; undefined when it is not one. */
export const parseHostId = parser<HostId>(hostPattern);
/** 1–40 characters of `a-z 0-9 -`; undefined when it is not one. */
export const parseEnvironmentName = parser<EnvironmentName>(namePattern);
/** 1–40 characters of `a-z 0-9 -`; undefined when it is not one. */
export const parseServiceName = parser<ServiceName>(namePattern);
/** Eight hexadecimal digits of the hash over the release's digests. */
export const parseReleaseId = parser<ReleaseId>(hexPattern);
/** `r` and a running number that the master gives. */
export const parseRolloutId = parser<RolloutId>(rolloutPattern);
/** Any other short name of the language: project, image, volume, job, test. */
export const isName = (raw: string): boolean => namePattern.test(raw);
