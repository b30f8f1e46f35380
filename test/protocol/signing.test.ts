import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonical,
  isSignedDesire,
  makeSigningKey,
  readSigner,
  signDesire,
  signerText,
} from '../../protocol/identity/signing.ts';
import { desire as schema } from '../../protocol/messages.ts';
import { parseHostId, type HostId } from '../../states/ids.ts';
import { beta, desireOf, specOf, stateOf } from '../minion/samples.ts';

const host = parseHostId('web-1') as HostId;
const key = makeSigningKey();
const signer = readSigner(signerText(key));

describe('a signature', () => {
  it('holds over the wire and over the disk, in whatever order the keys come', () => {
    const wanted = desireOf(beta, 7, { state: stateOf(beta, [specOf('api'), specOf('web')]) });
    const signed = { ...wanted, signature: signDesire(key, host, wanted) };
    const once = schema.parse(JSON.parse(JSON.stringify(signed)));
    const twice = schema.parse(JSON.parse(JSON.stringify(reversed(once))));
    if (signer === undefined) throw new Error('no signer');
    expect(isSignedDesire(signer, host, once)).toBe(true);
    expect(isSignedDesire(signer, host, twice)).toBe(true);
    expect(isSignedDesire(signer, parseHostId('web-2') as HostId, once)).toBe(false);
    expect(isSignedDesire(signer, host, { ...once, generation: 8 })).toBe(false);
  });

  it('is over a text that says the same for the same value, and for no other', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(JSON.parse(canonical(one))).toEqual(JSON.parse(JSON.stringify(one)));
        expect(canonical(reversed(one))).toBe(canonical(one));
        const same = JSON.stringify(one) === JSON.stringify(other);
        if (canonical(one) === canonical(other)) {
          expect(JSON.parse(canonical(one))).toEqual(JSON.parse(canonical(other)));
        } else expect(same).toBe(false);
      }),
    );
  });

  it('is of no use to what is no key, and no key is of use without one', () => {
    for (const raw of ['', 'x', 'AAAA', signerText(key).slice(4), '\u0000'.repeat(60)]) {
      expect(readSigner(raw)).toBeUndefined();
    }
    const wanted = desireOf(beta, 1);
    if (signer === undefined) throw new Error('no signer');
    for (const signature of ['', 'A'.repeat(88), signDesire(key, host, wanted).slice(1)]) {
      expect(isSignedDesire(signer, host, { ...wanted, signature })).toBe(false);
    }
  });
});

/** Every object with its keys the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, each]) => [name, reversed(each)]),
  );
}
