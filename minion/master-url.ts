// The address of a master in its one form, `wss://host:port`, out of what people write.

const fleetPort = 4505;

/** Undefined for what names no place, or more than one. */
export function parseMasterUrl(raw: string): string | undefined {
  const written = raw.trim();
  const scheme = /^(?:(wss|https):\/\/)?([^/?#@\s]+)\/?$/i.exec(written);
  if (scheme?.[2] === undefined) return undefined;
  const url = URL.parse(`wss://${scheme[2]}`);
  if (url === null || url.hostname === '') return undefined;
  // The standard port of https is left out by URL where it was written on purpose.
  const port = url.port || (/:0*443$/.test(scheme[2]) ? '443' : String(fleetPort));
  return port === '0' ? undefined : `wss://${url.hostname}:${port}`;
}

/** `host:port`, for people. */
export const placeOf = (url: string): string => url.replace(/^wss:\/\//, '');
