// Two clocks that do not agree, found when a host joins: later it would only be told as certificates
// that do not hold.

import type { X509Certificate } from 'node:crypto';
import { fault } from '../states/faults.ts';
import type { HttpAnswer } from './https.ts';

/** Certificates hold from five minutes before they are made; more apart than this is a mistake. */
const apartMsMax = 5 * 60_000;

/** By the time that the master's answer carries. */
export function checkClock({ at }: HttpAnswer, place: string, now: number): void {
  if (at === undefined || Math.abs(at - now) <= apartMsMax) return;
  const minutes = Math.round(Math.abs(at - now) / 60_000);
  const which = now > at ? 'ahead of' : 'behind';
  const message = `the clock here is ${minutes} min ${which} the one of ${place}: ${iso(now)} here, ${iso(at)} there`;
  throw fault('CLOCK_WRONG', message);
}

export function checkValidity(certificate: X509Certificate, place: string, now: number): void {
  const { validFromDate, validToDate } = certificate;
  if (validFromDate.getTime() <= now && now < validToDate.getTime()) return;
  const what =
    validFromDate.getTime() > now
      ? `is not valid yet, only from ${iso(validFromDate.getTime())}`
      : `is not valid any more, only until ${iso(validToDate.getTime())}`;
  const message = `the certificate that ${place} has just made ${what}, and the clock here says ${iso(now)}`;
  throw fault('CLOCK_WRONG', message);
}

const iso = (at: number): string => new Date(at).toISOString();
