// A test that asks a URL, again and again until it is answered as expected or its time is over. Asked
// from the host, which reaches its own services where the master may not.

import type { IncomingMessage } from 'node:http';
import type { Tested, Verdict } from '../../protocol/test-schema.ts';
import type { World } from '../../protocol/world.ts';
import { atPath, parseJsonPath } from '../../states/json-path.ts';
import { matchText } from '../../states/match.ts';
import type { HttpExpect, JsonMatch, Match, TestRequest } from '../../states/test-request.ts';
import { formatDuration } from '../../states/units.ts';
import { networkWords } from '../network-words.ts';
import { shortened } from './verdict.ts';
import type { TestRun } from './run-test.ts';

// To import `node:http` is to load WebSocket and fetch with it: five megabytes for nothing.
const http = process.getBuiltinModule('node:http');
const https = process.getBuiltinModule('node:https');

type HttpTest = Extract<TestRequest, { readonly kind: 'http' }>;

/** One question may take a part of the whole time only, so that there is a second one. */
const askMsMax = 10_000;
const bodyBytesMax = 1_048_576;
const saidCharsMax = 200;

/**
 * Passed with the first good answer. Failed where the last one was wrong, also where nothing listens or
 * nothing is answered: that is what a broken service does. Inconclusive where no way led there at all
 * (no such name, no route, silence): that says nothing of the service.
 */
export async function httpTest(world: World, request: HttpTest, run: TestRun): Promise<Tested> {
  const { call, output, onLine, signal } = run;
  const begun = performance.now();
  const left = (): number => call.timeoutMs - (performance.now() - begun);
  let said = '';
  let answered: Attempt | undefined;
  let attempt: Attempt;
  for (;;) {
    const askMs = Math.max(1, Math.min(askMsMax, left()));
    attempt = await ask(request, askMs, signal);
    // The same words every second help nobody.
    if (attempt.words !== said) onLine(attempt.words);
    said = attempt.words;
    // One that was cut short says less than an answer before it.
    const cut = attempt.late === true && askMs < askMsMax;
    if (attempt.verdict !== 'inconclusive' && !(cut && answered !== undefined)) answered = attempt;
    if (attempt.verdict === 'passed' || left() <= request.intervalMs) break;
    await world.sleep(request.intervalMs, signal);
  }
  const { verdict, words } = answered ?? attempt;
  const until = verdict === 'passed' ? '' : ` for ${formatDuration(call.timeoutMs)}`;
  return {
    ...{ verdict, detail: shortened(`${words}${until}`), durationMs: performance.now() - begun },
    ...{ exitCode: null, counts: null, output: output.kept() },
  };
}

interface Attempt {
  readonly verdict: Exclude<Verdict, 'errored'>;
  readonly words: string;
  /** Nothing came within its time. */
  readonly late?: true;
}

async function ask(request: HttpTest, askMs: number, signal: AbortSignal): Promise<Attempt> {
  const end = AbortSignal.timeout(Math.ceil(askMs));
  const way = { connected: false };
  try {
    const answer = await get(request.url, AbortSignal.any([signal, end]), way);
    const wrong = wrongIn(answer, request.expect);
    const status = `HTTP ${answer.status} from ${request.url}`;
    if (wrong === undefined) return { verdict: 'passed', words: status };
    return { verdict: 'failed', words: `${status}: ${wrong}` };
  } catch (error) {
    signal.throwIfAborted();
    if (end.aborted) {
      const words = `no answer from ${request.url}`;
      return { verdict: way.connected ? 'failed' : 'inconclusive', words, late: true };
    }
    return refused(request.url, error, way.connected);
  }
}

interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

function get(url: string, signal: AbortSignal, way: { connected: boolean }): Promise<HttpAnswer> {
  const asks = url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    const headers = { 'user-agent': 'brine', connection: 'close', accept: '*/*' };
    const asked = asks.get(url, { headers, agent: false, signal }, (response) => {
      bodyOf(response).then((body) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      }, reject);
    });
    asked.on('socket', (socket) => {
      socket.once('connect', () => {
        way.connected = true;
      });
    });
    asked.on('error', reject);
  });
}

/** What is longer is looked at as far as that. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let left = bodyBytesMax;
  for await (const chunk of response) {
    if (!(chunk instanceof Uint8Array)) continue;
    chunks.push(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The first thing that is not as expected, in words. */
function wrongIn(answer: HttpAnswer, expect: HttpExpect): string | undefined {
  const { status, headers, body } = answer;
  if (status !== expect.status) {
    const said = excerpt(body);
    return `${expect.status} was expected${said === '' ? '' : `; it said ${said}`}`;
  }
  for (const [name, match] of Object.entries(expect.headers)) {
    const value = headers[name];
    const text = Array.isArray(value) ? value.join(', ') : value;
    if (text === undefined) return `there is no header ${name}`;
    if (!holds(match, text)) return `${name} is ${excerpt(text)}, not ${matchText(match)}`;
  }
  if (expect.body !== undefined && !holds(expect.body, body)) {
    return `its body does not hold ${matchText(expect.body)}: ${excerpt(body)}`;
  }
  return wrongInJson(body, expect.json);
}

function wrongInJson(body: string, json: HttpExpect['json']): string | undefined {
  const wanted = Object.entries(json);
  if (wanted.length === 0) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return `its body is no JSON: ${excerpt(body)}`;
  }
  for (const [path, match] of wanted) {
    const steps = parseJsonPath(path);
    const found = steps.ok ? atPath(value, steps.value) : undefined;
    if (found === undefined) return `there is no ${path} in its JSON`;
    if (!equals(match, found)) {
      return `${path} is ${excerpt(JSON.stringify(found))}, not ${matchText(match)}`;
    }
  }
  return undefined;
}

const holds = (match: Match, text: string): boolean =>
  'contains' in match
    ? text.includes(match.contains)
    : new RegExp(match.pattern, match.flags).test(text);

function equals(match: JsonMatch, found: unknown): boolean {
  if ('equals' in match) return match.equals === found;
  const text = typeof found === 'string' ? found : JSON.stringify(found);
  return new RegExp(match.pattern, match.flags).test(text);
}

function excerpt(text: string): string {
  const line = text.trim().slice(0, saidCharsMax);
  return line === '' ? '' : JSON.stringify(line);
}

function refused(url: string, error: unknown, connected: boolean): Attempt {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  const words = `${url}: ${networkWords[code] ?? message}`;
  // Whoever refuses is there, and so is whoever broke off.
  const there = connected || code === 'ECONNREFUSED' || code === 'ECONNRESET';
  return { verdict: there ? 'failed' : 'inconclusive', words };
}
