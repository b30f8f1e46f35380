// The one way the program `git` is run: no shell, nothing asked of a person, no transport that could
// run something else, and an end in time.

import { spawn } from 'node:child_process';

interface GitCall {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly input?: string;
  readonly deadlineMs?: number;
  /** Where the call may connect to: nowhere, or whatever can be an address of states. */
  readonly transports?: 'none' | 'all';
}

/** git said no; `words` are its own, fit to be shown, `out` is what it had answered until then. */
export class GitError extends Error {
  readonly words: string;
  readonly out: string;
  constructor(words: string, out = '') {
    super(`git: ${words}`);
    this.name = 'GitError';
    this.words = words;
    this.out = out;
  }
}

export const gitLimits = {
  deadlineMs: 10_000,
  fetchMs: 60_000,
  outputBytesMax: 134_217_728,
  complaintCharsMax: 65_536,
} as const;

export function git(call: GitCall): Promise<Buffer> {
  const { args, cwd, input, deadlineMs = gitLimits.deadlineMs } = call;
  return new Promise((resolve, reject) => {
    // A process group of its own: what git starts for a transport must end with it.
    const child = spawn('git', [...fixed, ...args], {
      cwd,
      env: environment(call.transports ?? 'none'),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const out: Buffer[] = [];
    let outBytes = 0;
    let complaint = '';
    let ended: string | undefined;
    const end = (why: string): void => {
      ended ??= why;
      if (child.pid !== undefined) killGroup(child.pid);
    };
    const timer = setTimeout(end, deadlineMs, `no end within ${deadlineMs / 1_000} s`);
    child.stdout.on('data', (part: Buffer) => {
      outBytes += part.length;
      if (outBytes > gitLimits.outputBytesMax) end('it answers more than can be kept');
      else out.push(part);
    });
    child.stderr.on('data', (part: Buffer) => {
      complaint = (complaint + part.toString()).slice(0, gitLimits.complaintCharsMax);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      ended ??= error.code === 'ENOENT' ? noProgramOrFolder(cwd) : error.message;
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      const answered = Buffer.concat(out);
      if (code === 0 && ended === undefined) resolve(answered);
      else reject(new GitError(ended ?? wordsOf(complaint, code), answered.toString()));
    });
    // git may end before it has read everything; its exit code tells why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}

/** A repository's own configuration must not start programs in the master's name. */
const fixed = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null'] as const;

const transportList = { none: '', all: 'https:http:ssh:git:file' } as const;

function environment(transports: keyof typeof transportList): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  return {
    ...Object.fromEntries(own),
    LC_ALL: 'C.UTF-8',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_ALLOW_PROTOCOL: transportList[transports],
    GIT_SSH_COMMAND: process.env.GIT_SSH_COMMAND ?? 'ssh -o BatchMode=yes',
  };
}

const noProgramOrFolder = (cwd: string): string =>
  `the program git is not installed, or ${cwd} is gone`;

function wordsOf(complaint: string, code: number | null): string {
  const told = complaint.split('\n').filter((line) => /^(fatal|error|remote|ssh): /.test(line));
  const words = told.length > 0 ? told.join('; ') : complaint.trim();
  return withoutPassword(words === '' ? `exit code ${code ?? 'none'}` : words).slice(0, 1_000);
}

/** Addresses may carry a name and a password, which no message may repeat. */
export const withoutPassword = (text: string): string =>
  text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^/@\s]+@/gi, '$1');

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
