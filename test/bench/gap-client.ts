// A client that asks one URL every 20 ms, each time by name and on a connection of its own, and at
// SIGTERM prints the longest time between two answers; says when it is answered, and when otherwise. A process of its own, so that it can stand in
// any network: `gap-client.ts <url> [name server]`.

import { Resolver } from 'node:dns';
import { request } from 'node:http';
import type { LookupFunction } from 'node:net';

const everyMs = 20;
const answerMs = 1_000;

const [, , url = '', nameServer] = process.argv;

const options = { agent: false, timeout: answerMs } as const;
const lookup = nameServer === undefined ? undefined : lookupAt(nameServer);

/** Asks the name server of Docker itself; a name that nobody has at the moment is an answer too few. */
function lookupAt(server: string): LookupFunction {
  const resolver = new Resolver({ timeout: answerMs, tries: 1 });
  resolver.setServers([server]);
  return (name, { all }, done) => {
    resolver.resolve4(name, (error, addresses) => {
      const [first] = addresses;
      if (error !== null || first === undefined) done(error ?? new Error(`no ${name}`), '', 4);
      else if (all === true) done(null, [{ address: first, family: 4 }]);
      else done(null, first, 4);
    });
  };
}

let answeredAt: number | undefined;
let longestMs = 0;
let version: string | undefined;

function ask(): void {
  const asked = request(url, { ...options, ...(lookup && { lookup }) }, (answer) => {
    if (answer.statusCode === 200) noteAnswer();
    answer.setEncoding('utf8').on('data', noteVersion);
  });
  asked.on('timeout', () => asked.destroy());
  asked.on('error', () => undefined);
  asked.end();
}

function noteAnswer(): void {
  const now = performance.now();
  if (answeredAt !== undefined) longestMs = Math.max(longestMs, now - answeredAt);
  answeredAt = now;
}

/** Told, that whoever changes the service knows when it was seen. */
function noteVersion(text: string): void {
  if (version === text) return;
  process.stdout.write(version === undefined ? 'answered\n' : 'changed\n');
  version = text;
}

setInterval(ask, everyMs);
process.once('SIGTERM', () => {
  process.stdout.write(`${longestMs}\n`, () => process.exit(0));
});
