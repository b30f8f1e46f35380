// Why no connection to the master came about, in words, out of what the network and TLS say.

import { fault, type Fault } from '../states/faults.ts';
import { placeOf } from './master-url.ts';

/** `now` is this host's clock, which is one of the two that may be wrong. */
export function connectionFault(error: unknown, url: string, now: number): Fault {
  const cause = firstOf(error);
  const place = placeOf(url);
  const code = cause.code ?? '';
  const here = `the clock here says ${new Date(now).toISOString()}`;
  if (code === 'CERT_NOT_YET_VALID') {
    const message = `the certificate of ${place} is not valid yet, and ${here}: one of the two clocks is wrong`;
    return fault('CLOCK_WRONG', message, {}, { cause });
  }
  if (code === 'CERT_HAS_EXPIRED') {
    const message = `the certificate of ${place} has expired, and ${here}: one of the two clocks is wrong, or the master could not renew it`;
    return fault('CLOCK_WRONG', message, {}, { cause });
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const message = `the certificate of ${place} does not hold for that name: ${cause.reason ?? cause.message}`;
    return fault('JOIN_CA', message, {}, { cause });
  }
  if (strangers.has(code)) {
    const message = `what answers at ${place} is not our master: its certificate is not of our authority`;
    return fault('JOIN_CA', message, {}, { cause });
  }
  const message = `${place}: ${networkText(code) ?? cause.message}`;
  return fault('MASTER_UNREACHABLE', message, {}, { cause });
}

interface Cause extends Error {
  readonly code?: string;
  readonly reason?: string;
}

/** A name with several addresses fails once for each of them. */
function firstOf(error: unknown): Cause {
  if (error instanceof AggregateError && error.errors.length > 0) return firstOf(error.errors[0]);
  return error instanceof Error ? error : new Error(String(error));
}

const strangers: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
  'INVALID_PURPOSE',
]);

const networkTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name could not be looked up now',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'no answer in time',
  ECONNRESET: 'the connection was closed before anything was said',
  EPROTO: 'what answers there does not speak TLS 1.3',
};

const networkText = (code: string): string | undefined =>
  networkTexts[code] ?? (code.startsWith('ERR_SSL_') ? networkTexts['EPROTO'] : undefined);
