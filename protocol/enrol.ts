// What is said when a host joins: one request and one answer over HTTPS, before there is a link.

import { z } from 'zod';
import { faults, type FaultCode } from '../states/faults.ts';
import { limits } from './limits.ts';

export const enrolPaths = { ca: '/ca', enrol: '/enrol', link: '/link' } as const;

const pem = z.string().max(limits.enrolBodyBytesMax);

/**
 * POST /enrol. The secret is sent only to a master whose CA the token names; without a token a person
 * on the master decides, and the same request is sent again until then.
 */
export const enrolRequest = z.strictObject({
  token: z.strictObject({ id: z.string().max(64), secret: z.string().max(256) }).exactOptional(),
  id: z.string().max(256),
  csr: pem,
});
export type EnrolRequest = z.infer<typeof enrolRequest>;

export const enrolAnswer = z.object({
  certificate: pem,
  labels: z.record(z.string(), z.string()),
  /** Whose word the host obeys (identity/signing.ts). */
  signer: z.string().max(200),
});
export type EnrolAnswer = z.infer<typeof enrolAnswer>;

/** Status 202: nobody has decided yet. */
export const enrolWaiting = z.object({ waiting: z.literal(true) });
export type EnrolWaiting = z.infer<typeof enrolWaiting>;

/** Any other status. */
export const enrolRefusal = z.object({
  error: z.object({
    code: z.enum(Object.keys(faults) as [FaultCode, ...FaultCode[]]),
    message: z.string().max(2_000),
  }),
});
export type EnrolRefusal = z.infer<typeof enrolRefusal>;
