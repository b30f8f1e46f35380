// Which of the files are states and which part each plays: brine.yaml, services/, environments/ and
// versions/. Follows symbolic links that stay inside, by name alone: nothing here touches a disk.

import { bounds } from './bounds.ts';
import type { Diagnostic } from './diagnostics.ts';

export type StateFile =
  | { readonly bytes: Uint8Array }
  | { readonly link: string }
  /** What it is where it cannot be read as a file: a folder, a socket. */
  | { readonly other: string };
/** Path inside the states, with `/`. */
export type StateFiles = ReadonlyMap<string, StateFile>;

export type Part = 'brine' | 'service' | 'environment' | 'versions';

export interface FoundFile {
  readonly part: Part;
  /** What the file's name says: `api` for `services/api.yaml`, '' for brine.yaml. */
  readonly name: string;
  readonly file: string;
  readonly bytes: Uint8Array;
}

export interface FoundFiles {
  readonly found: readonly FoundFile[];
  readonly diagnostics: readonly Diagnostic[];
}

const folders = { services: 'service', environments: 'environment', versions: 'versions' } as const;

export function findFiles(files: StateFiles): FoundFiles {
  const found: FoundFile[] = [];
  const diagnostics: Diagnostic[] = [];
  const say = (file: string, message: string, hint?: string): void =>
    void diagnostics.push({ file, line: 1, column: 1, message, ...(hint && { hint }) });
  const add = (part: Part, name: string, file: string): void => {
    const { bytes, problem } = contentOf(files, file);
    if (bytes !== undefined) found.push({ part, name, file, bytes });
    else say(file, problem ?? 'there is no brine.yaml', problem ? undefined : brineHint);
  };
  add('brine', '', 'brine.yaml');
  for (const [folder, part] of Object.entries(folders)) {
    const listed = list(files, folder);
    if (typeof listed === 'string') say(folder, listed);
    else for (const rest of listed) addNamed(part, `${folder}/${rest}`, { add, say });
  }
  return { found, diagnostics };
}

const brineHint = 'write one with `project: <name>` and the `images` that services run';

function addNamed(
  part: Part,
  file: string,
  to: {
    readonly add: (part: Part, name: string, file: string) => void;
    readonly say: (file: string, message: string, hint?: string) => void;
  },
): void {
  const [folder = '', base = '', ...deeper] = file.split('/');
  const [, name, ending] = /^(.+)\.(ya?ml)$/i.exec(base) ?? [];
  if (deeper.length > 0) {
    if (ending === 'yaml') {
      to.say(`${folder}/${base}`, notRegular('a folder'));
    } else if (/\.ya?ml$/i.test(file)) {
      to.say(file, `files below ${folder}/ stand in no further folder`, `move it to ${folder}/`);
    }
  } else if (name !== undefined && ending === 'yaml') {
    to.add(part, name, file);
  } else if (name !== undefined) {
    to.say(file, `files of states end in .yaml`, `rename it to ${folder}/${name}.yaml`);
  }
}

/** What stands in a folder, by paths inside it; a problem in words where a link leads nowhere. */
function list(files: StateFiles, folder: string): readonly string[] | string {
  const real = follow(files, folder);
  if (typeof real !== 'string') return real.problem;
  const itself = files.get(real);
  if (itself !== undefined && !('link' in itself)) return 'this is no folder';
  const names: string[] = [];
  for (const path of files.keys()) {
    if (path.startsWith(`${real}/`)) names.push(path.slice(real.length + 1));
  }
  if (names.length === 0 && real !== folder) return `this link leads to nothing: ${real}`;
  return names.sort();
}

export interface Content {
  readonly bytes?: Uint8Array;
  /** Absent too where there simply is no such file. */
  readonly problem?: string;
}

export function contentOf(files: StateFiles, path: string): Content {
  const real = follow(files, path);
  if (typeof real !== 'string') return real;
  const file = files.get(real);
  if (file !== undefined && 'bytes' in file) return { bytes: file.bytes };
  if (file !== undefined && 'other' in file) {
    return { problem: notRegular(file.other) };
  }
  return real === path ? {} : { problem: `this link leads to nothing: ${real}` };
}

const notRegular = (what: string): string => `this is ${what}, not a regular file`;

/** The path behind all links, those of folders too. */
function follow(files: StateFiles, path: string): string | { readonly problem: string } {
  let rest = path.split('/');
  let done: string[] = [];
  let links = 0;
  while (rest.length > 0) {
    const [part = '', ...others] = rest;
    if (part === '..' && done.length === 0) {
      return { problem: 'this link leads out of the repository' };
    }
    const next =
      part === '..' ? done.slice(0, -1) : part === '' || part === '.' ? done : [...done, part];
    const file = files.get(next.join('/'));
    if (next.length > done.length && file !== undefined && 'link' in file) {
      links += 1;
      if (links > bounds.linksMax) return { problem: 'this link leads around in a circle' };
      if (file.link.startsWith('/')) return { problem: 'this link leads out of the repository' };
      rest = [...file.link.split('/'), ...others];
    } else {
      done = next;
      rest = others;
    }
  }
  return done.join('/');
}

/** The text of a file for showing lines of it; undefined where there is none that can be read. */
export function readText(files: StateFiles, file: string): string | undefined {
  const { bytes } = contentOf(files, file);
  if (bytes === undefined || bytes.length > bounds.fileBytesMax) return undefined;
  return new TextDecoder().decode(bytes);
}
