// Whether a hook comes from who knows the secret: by a signature over the body as GitHub makes it, by
// the header that registries can be told to send, or in the address where nothing else can be set.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export interface HookCall {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The value of `secret` in the address, for senders like Docker Hub that can send nothing else. */
  readonly secretInUrl: string | undefined;
  /** The bytes as they came, before anything read them. */
  readonly body: Uint8Array;
}

export function isProven({ headers, secretInUrl, body }: HookCall, secret: string): boolean {
  const signature = headers['x-hub-signature-256'] ?? headers['x-brine-signature'];
  // Who signs is judged by the signature alone: a wrong one is not made good by anything else.
  if (signature !== undefined) {
    const right = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
    return typeof signature === 'string' && same(signature, right);
  }
  const { authorization } = headers;
  if (typeof authorization === 'string') {
    return same(authorization.replace(/^Bearer /i, ''), secret);
  }
  // GitLab can send a secret in this header alone.
  const token = headers['x-gitlab-token'];
  if (typeof token === 'string') return same(token, secret);
  return secretInUrl !== undefined && same(secretInUrl, secret);
}

/** Of equal time for any two texts: their hashes are compared. */
function same(one: string, two: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(one), hash(two));
}
