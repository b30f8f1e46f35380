// Long because each way of being hostile is a test of its own.

import { createHash, X509Certificate } from 'node:crypto';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../protocol/identity/certificate.ts';
import { createCa, openCa, signCsr } from '../../../protocol/identity/authority.ts';
import { keyText, makeKey, publicHalf } from '../../../protocol/identity/keys.ts';
import { minionUri } from '../../../protocol/identity/names.ts';
import { identityKey } from '../../../master/fleet/records.ts';
import { desire, FleetFixture, hostId, report, until } from './fixture.ts';
import { frame, heardUntilClosed, openBytes, Wire } from './peers.ts';

const quick = { heartbeatMs: 100, silentPeerMs: 400, handshakeMs: 2_000 };

let master: FleetFixture;
beforeEach(async () => {
  master = await FleetFixture.start({ limits: quick });
});
afterEach(() => master.close());

const dayMs = 86_400_000;
const web1 = hostId('web-1');

/** The master goes on to serve who belongs: the end of every test here. */
async function stillServes(): Promise<void> {
  const minion = master.link(await master.host('honest'));
  await until('an honest host is linked', () => minion.link.linked);
  expect(await master.fleet.call(hostId('honest'), { verb: 'ping' }, 2_000)).toEqual({ now: 1 });
}

/** Puts the certificate on record, so that only what is wrong with itself can be the reason. */
async function onRecord(cert: string): Promise<void> {
  await master.host('web-1');
  const { raw } = new X509Certificate(cert);
  const fingerprint = createHash('sha256').update(raw).digest('hex');
  const value = { fingerprint, key: '', token: '', expiresAt: 0 };
  await master.store.commit([], [{ put: identityKey(web1), value }]);
}

describe('a peer without the right certificate is refused with the reason:', () => {
  const refusal = async (tls: { key?: string; cert?: string }): Promise<string> => {
    const refused = await master.raw({ ...tls, ca: master.fleet.identity.ca }).ended;
    expect(master.tellings('web-1')).toEqual([]);
    return refused;
  };

  it('none at all', async () => {
    expect(await refusal({})).toBe('401 a certificate is needed: this host has to join first');
    await stillServes();
  });

  it('self-signed, under the right name', async () => {
    const key = makeKey();
    const { domain } = master.fleet.identity.authority;
    const cert = makeCertificate({
      ...{ subject: 'web-1', publicKey: publicHalf(key), issuer: { name: 'web-1', key } },
      ...{ from: Date.now() - 1_000, until: Date.now() + dayMs, use: 'client' },
      uris: [minionUri(domain, web1)],
    });
    await onRecord(cert);
    expect(await refusal({ key: keyText(key), cert })).toContain('not of this master’s authority');
    await stillServes();
  });

  it('of another authority, under the right name', async () => {
    const other = openCa(createCa(Date.now()));
    if (other === undefined) throw new Error('not an authority');
    const key = makeKey();
    const claimed = { ...other, domain: master.fleet.identity.authority.domain };
    const publicKey = publicHalf(key);
    const cert = signCsr(claimed, { publicKey, id: web1, now: Date.now() });
    await onRecord(cert);
    expect(await refusal({ key: keyText(key), cert })).toContain('not of this master’s authority');
  });

  it('expired', async () => {
    const identity = master.identity(web1, undefined, Date.now() - 91 * dayMs);
    await onRecord(identity.cert);
    expect(await refusal(identity)).toMatch(/^403 the certificate expired at .* the clock here/);
  });

  it('not valid yet', async () => {
    const identity = master.identity(web1, undefined, Date.now() + 3_600_000);
    await onRecord(identity.cert);
    expect(await refusal(identity)).toMatch(/^403 .* not valid before .* one of the two clocks/);
  });

  it('the master’s own', async () => {
    const { key, certificate: cert } = master.fleet.identity.server;
    expect(await refusal({ key, cert })).toContain('is not one of a minion');
  });

  it('of our authority, for a host that is not ours', async () => {
    expect(await refusal(master.identity(web1))).toContain('web-1 is no host of this master');
  });

  it('of our authority, but not the one on record', async () => {
    await master.host('web-1');
    expect(await refusal(master.identity(web1))).toContain('web-1 has joined again since');
  });

  it('and no TLS before 1.3 is spoken', async () => {
    const { key, cert, ca } = await master.host('web-1');
    const { host, port } = master.fleet.address();
    const socket = connectTls({ host, port, key, cert, ca, maxVersion: 'TLSv1.2' });
    const error = await new Promise<Error>((resolve) => {
      socket.once('error', resolve);
    });
    expect(error.message).toMatch(/protocol version|wrong version/);
    await stillServes();
  });
});

describe('a peer that asks for something else is refused with the reason:', () => {
  it('no version of the protocol in common', async () => {
    const identity = await master.host('web-1');
    expect(await master.raw(identity, { protocols: ['brine.9', 'chat'] }).ended).toBe(
      '400 no common version of the protocol: offered brine.9, chat, known here brine.1',
    );
    expect(await master.raw(identity, { protocols: [] }).ended).toContain('offered none');
    const minion = master.link(identity, { protocols: ['brine.9'] });
    const words = 'the master refuses this link: no common version of the protocol';
    await until('the minion says why', () => master.reasons().includes(words));
    expect(minion.link.linked).toBe(false);
  });

  it('another path', async () => {
    const identity = await master.host('web-1');
    for (const path of ['/', '/link/', '/link?x', '/enrol']) {
      expect(await master.raw(identity, { path }).ended).toMatch(/^404 /);
    }
  });
});

describe('a host that does not keep to the protocol loses its link, with the reason:', () => {
  const reasonFor = async (say: (peer: Awaited<ReturnType<typeof linked>>) => void) => {
    const peer = await linked();
    say(peer);
    const ended = await peer.ended;
    await until('the master is told', () => master.tellings('web-1', 'gone').length > 0);
    expect(master.fleet.connected()).toEqual([]);
    return ended;
  };
  const linked = async () => {
    const peer = await master.raw(await master.host('web-1')).opened();
    peer.hello();
    await until('it is welcome', () => peer.received.length > 0);
    return peer;
  };

  it.each([
    ['no JSON', '{"type":', '1000 not a message: no JSON'],
    ['JSON of another kind', '[1,2,3]', '1000 not a message: '],
    ['a type that does not exist', '{"type":"exec","command":"sh"}', '1000 not a message: type'],
    ['a key too many', '{"type":"bye","reason":"x","y":1}', '1000 not a message: '],
    [
      'a value of another type',
      '{"type":"facts","facts":{"a":[1]}}',
      '1000 not a message: facts.a',
    ],
    ['a message of the other side', '{"type":"ack","seq":1}', '1000 not a message: type'],
    ['very deep JSON', `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`, '1000 not a message: '],
    ['a second hello', '{"type":"hello","version":"1","facts":{},"accepted":[]}', '1000 a second'],
  ])('%s', async (_, text, reason) => {
    expect(
      await reasonFor((peer) => {
        peer.socket.send(text);
      }),
    ).toContain(reason);
    await stillServes();
  });

  it('a binary frame', async () => {
    const ended = await reasonFor((peer) => {
      peer.socket.send(Buffer.from('{"type":"bye","reason":"x"}'), { binary: true });
    });
    expect(ended).toBe('1000 binary frames are refused');
  });

  it('a frame of 10 MB', async () => {
    const ended = await reasonFor((peer) => {
      peer.say({ type: 'facts', facts: { a: 'x'.repeat(10_000_000) } });
    });
    expect(ended).toMatch(/^1009/);
    expect(master.tellings('web-1', 'gone')).toEqual(['a frame is larger than 4194304 bytes']);
    await stillServes();
  });

  it('reports before the hello', async () => {
    const peer = await master.raw(await master.host('web-1')).opened();
    peer.say({ type: 'report', seq: 1, report: report(1) });
    expect(await peer.ended).toBe('1000 a report came before the hello');
    expect(master.tellings('web-1')).toEqual([]);
  });

  it('more reports than can be acknowledged', async () => {
    let release = (): void => undefined;
    master.handlers.onReport = () => new Promise((resolve) => (release = resolve));
    const ended = await reasonFor((peer) => {
      for (let seq = 1; seq <= 100; seq += 1)
        peer.say({ type: 'report', seq, report: report(seq) });
    });
    expect(ended).toBe('1000 more was sent than can be acknowledged');
    release();
    await until('the first one was handled', () => master.tellings('web-1', 'report').length === 1);
    await stillServes();
  });

  it('an answer that does not fit the question', async () => {
    let failed: unknown;
    const ended = await reasonFor((peer) => {
      master.fleet.call(web1, { verb: 'ping' }, 2_000).catch((error: unknown) => {
        failed = error;
      });
      peer.say({ type: 'result', id: 'c1', answer: { ok: true, value: { now: 'noon' } } });
    });
    expect(ended).toBe('1000 an answer that does not fit its question');
    expect(failed).toMatchObject({ data: { code: 'HOSTS_MISSING' } });
  });

  it('an answer to nothing is nothing', async () => {
    const peer = await linked();
    peer.say({ type: 'result', id: 'c99', answer: { ok: true, value: 1 } });
    peer.say({ type: 'facts', facts: { still: 'here' } });
    await until('it goes on', () => master.tellings('web-1', 'facts').length > 0);
    peer.socket.close();
  });

  it('keys with a meaning to JavaScript mean nothing', async () => {
    const peer = await linked();
    peer.socket.send('{"type":"facts","facts":{"__proto__":"x","constructor":"y","os":"linux"}}');
    await until('it was handled', () => master.told.length > 1);
    const [facts] = master.tellings('web-1', 'facts');
    expect(Object.getPrototypeOf(facts)).toBe(Object.prototype);
    expect(({} as { x?: unknown }).x).toBeUndefined();
    expect(facts).toMatchObject({ os: 'linux' });
    peer.socket.close();
  });
});

describe('bytes that no library sends', () => {
  it.each([
    ['a length of 4 GB', [frame(1, Buffer.from('{'), { claimed: 2 ** 32 })], 'larger than'],
    ['a length past all numbers', [frame(1, Buffer.from('{'), { claimed: 2 ** 60 })], '2^53'],
    ['what is not UTF-8', [frame(1, Buffer.from([0xff, 0xfe]))], 'not UTF-8'],
    ['an opcode that does not exist', [frame(11, Buffer.alloc(0))], 'opcode'],
    ['a continuation of nothing', [frame(0, Buffer.from('x'))], 'opcode'],
    [
      'a hundred thousand tiny fragments',
      [frame(1, Buffer.alloc(0), { fin: false })].concat(
        Array.from({ length: 100_000 }, () => frame(0, Buffer.from(' '), { fin: false })),
      ),
      'too many pieces',
    ],
  ])('%s end the link with the reason', async (_, frames, words) => {
    const identity = await master.host('web-1');
    const socket = await openBytes(master.fleet.address(), identity);
    const heard = heardUntilClosed(socket);
    socket.write(frame(1, Buffer.from('{"type":"hello","version":"1","facts":{},"accepted":[]}')));
    await until('it is linked', () => master.fleet.connected().length === 1);
    socket.write(Buffer.concat(frames));
    await heard;
    expect(String(master.tellings('web-1', 'gone'))).toContain(words);
    await stillServes();
  });
});

describe('a peer that says nothing', () => {
  it('after its hello is gone after a while, and not before', async () => {
    const identity = await master.host('web-1');
    const socket = await openBytes(master.fleet.address(), identity);
    socket.write(frame(1, Buffer.from('{"type":"hello","version":"1","facts":{},"accepted":[]}')));
    await until('it is linked', () => master.fleet.connected().length === 1);
    const began = Date.now();
    // It hears the pings and does not answer.
    await heardUntilClosed(socket);
    expect(Date.now() - began).toBeGreaterThan(quick.silentPeerMs - 50);
    expect(master.tellings('web-1', 'gone')).toEqual(['the other side fell silent']);
  });

  it('is not one that sends a long message slowly', async () => {
    const identity = await master.host('web-1');
    const socket = await openBytes(master.fleet.address(), identity);
    socket.write(frame(1, Buffer.from('{"type":"hello","version":"1","facts":{},"accepted":[]}')));
    await until('it is linked', () => master.fleet.connected().length === 1);
    const bytes = frame(1, Buffer.from(`{"type":"facts","facts":{"a":"${'x'.repeat(80)}"}}`));
    for (let at = 0; at < bytes.length; at += 10) {
      socket.write(bytes.subarray(at, at + 10));
      await new Promise((resolve) => setTimeout(resolve, quick.silentPeerMs / 4));
    }
    await until('it was heard', () => master.tellings('web-1', 'facts').length === 1);
    expect(master.tellings('web-1', 'gone')).toEqual([]);
    socket.destroy();
  });

  it('before its hello has its place for a bounded time only', async () => {
    const identity = await master.host('web-1');
    const peer = await master.raw(identity).opened();
    expect(await peer.ended).toMatch(/^1006/);
    expect(master.tellings('web-1')).toEqual([]);
  });

  it('because the wire is dead is found out by both sides, and the link comes back', async () => {
    const wire = await Wire.to(master.fleet.address());
    const url = `wss://127.0.0.1:${wire.port}`;
    const minion = master.link(await master.host('web-1'), { url, limits: quick });
    await until('it is linked', () => minion.link.linked);
    minion.report(1);
    await until('the report is safe', () => minion.acks.includes(1));
    wire.silent = true;
    minion.report(2);
    await until('the minion knows', () => !minion.link.linked);
    await until('the master knows', () => master.tellings('web-1', 'gone').length > 0);
    expect(master.tellings('web-1', 'gone')).toEqual(['the other side fell silent']);
    const words = 'no link to the master: the other side fell silent';
    await until('the minion says so', () => master.reasons().includes(words));
    await until('it keeps trying', () => master.reasons().includes('no welcome within'));
    wire.silent = false;
    await until('it is linked again', () => minion.link.linked);
    await until('the second report is safe too', () => minion.acks.includes(2));
    await minion.link.close();
    wire.close();
  });

  it('because it does not read is cut off before it costs much memory', async () => {
    const identity = await master.host('web-1');
    const socket = await openBytes(master.fleet.address(), identity);
    socket.write(frame(1, Buffer.from('{"type":"hello","version":"1","facts":{},"accepted":[]}')));
    await until('it is linked', () => master.fleet.connected().length === 1);
    socket.pause();
    const large = desire(1);
    const lines = Array.from({ length: 60 }, () => 'x'.repeat(60_000));
    const state = { ...large.state, containers: lines } as never;
    let sent = 0;
    while (master.fleet.desire(web1, { ...large, state })) sent += 1;
    expect(sent).toBeLessThan(10);
    expect(master.tellings('web-1', 'gone')).toEqual(['the other side reads too slowly']);
    socket.destroy();
  });
});

describe('many who are not linked', () => {
  it('and never will be do not keep the others out, and do not stay', async () => {
    await master.fleet.close();
    await master.listen({ limits: { ...quick, handshakeMs: 1_000, unlinkedMax: 50 } });
    const { host, port } = master.fleet.address();
    const honest = master.link(await master.host('web-1'));
    await until('a host is linked', () => honest.link.linked);
    // Half of them say nothing at all, half begin a request and never end it.
    const sockets = Array.from({ length: 200 }, (_, index) => {
      const options = { host, port, localAddress: '127.0.0.7' };
      const socket =
        index % 2 === 0
          ? connectTcp(options)
          : connectTls({ ...options, rejectUnauthorized: false }, () => {
              socket.write('POST /enrol HTTP/1.1\r\nX-A: ');
            });
      socket.on('error', () => undefined);
      return socket;
    });
    const open = () => sockets.filter(({ destroyed }) => !destroyed).length;
    await until('most were turned away at once', () => open() <= 60, 20_000);
    // From elsewhere there is room, at the cost of the neighbour who has taken most of it.
    const late = master.link(await master.host('web-2'));
    await until('another host links meanwhile', () => late.link.linked, 20_000);
    expect(await master.fleet.call(web1, { verb: 'ping' }, 5_000)).toEqual({ now: 1 });
    await until('nobody stays', () => open() === 0, 20_000);
    expect(honest.link.linked && late.link.linked).toBe(true);
  });
});
