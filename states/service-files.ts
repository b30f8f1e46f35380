// Files of the repository that a service asks for: read, filled in where they are templates, and held
// against their bounds. Pure: the files are handed in.

import { bounds } from './bounds.ts';
import { defaults } from './defaults.ts';
import type { Diagnostic } from './diagnostics.ts';
import { readEnvFile } from './env-file.ts';
import { contentOf, type StateFiles } from './files.ts';
import type { ConfigFile } from './model.ts';
import type { Service } from './schema/service.ts';
import type { Scope } from './scope.ts';
import { decode, problemAt, wholeText } from './source-text.ts';
import { substitute } from './substitute.ts';
import { treeAt, type MapTree } from './tree.ts';

export interface ServiceFiles {
  readonly configs: readonly ConfigFile[];
  /** Of the env files alone. */
  readonly env: Readonly<Record<string, string>>;
  /** Something in a template is not known yet. */
  readonly open: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

export interface Asking {
  readonly tree: MapTree;
  readonly service: Service;
  readonly files: StateFiles;
  readonly scope: Scope;
}

export function filesOf(asking: Asking): ServiceFiles {
  const { service } = asking;
  const configs = Object.entries(service.configs ?? {}).map(([target, config]) =>
    configOf(target, config, asking),
  );
  const envs = (service.env_file ?? []).map((file, index) => envOf(file, index, asking));
  return {
    configs: configs.flatMap(({ config }) => config ?? []),
    env: Object.assign({}, ...envs.map(({ env }) => env)) as Record<string, string>,
    open: configs.some(({ open }) => open),
    diagnostics: [...configs, ...envs].flatMap(({ diagnostics }) => diagnostics),
  };
}

type Config = NonNullable<Service['configs']>[string];

interface Filled {
  readonly config?: ConfigFile;
  readonly open: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

const bad = (...diagnostics: readonly Diagnostic[]): Filled => ({ open: false, diagnostics });

function configOf(target: string, config: Config, asking: Asking): Filled {
  const at = ['configs', target, 'file'];
  const found = bytesOf(config.file, at, asking);
  if ('message' in found) return bad(found);
  const made = (bytes: Uint8Array, open: boolean): Filled => {
    if (bytes.length > bounds.configBytesMax) return bad(tooLarge(config.file, bytes, at, asking));
    const { user, group } = config.owner ?? { user: 0, group: 0 };
    const mode = config.mode ?? Number.parseInt(defaults.config.mode, 8);
    const content = Buffer.from(bytes).toString('base64');
    return { config: { target, content, mode, user, group }, open, diagnostics: [] };
  };
  if (config.template !== true) return made(found, false);
  const source = decode(config.file, found);
  if ('message' in source) return bad(source);
  const { text } = source;
  const scalar = { kind: 'scalar', value: text, source: text, place: wholeText(source) } as const;
  const { plain, open, diagnostics } = substitute(scalar, asking.scope);
  return diagnostics.length > 0 ? bad(...diagnostics) : made(Buffer.from(String(plain)), open);
}

function envOf(file: string, index: number, asking: Asking) {
  const found = bytesOf(file, ['env_file', index], asking);
  if ('message' in found) return { env: {}, diagnostics: [found] };
  const source = decode(file, found);
  return 'message' in source ? { env: {}, diagnostics: [source] } : readEnvFile(source);
}

function bytesOf(
  file: string,
  at: readonly PropertyKey[],
  asking: Asking,
): Uint8Array | Diagnostic {
  const { bytes, problem } = contentOf(asking.files, file);
  if (bytes === undefined) {
    const message = problem ?? `there is no ${file} in the repository`;
    return problemAt(placeOf(at, asking), message, 'files for services stand below files/');
  }
  return bytes.length > bounds.configBytesMax ? tooLarge(file, bytes, at, asking) : bytes;
}

function tooLarge(
  file: string,
  { length }: Uint8Array,
  at: readonly PropertyKey[],
  asking: Asking,
): Diagnostic {
  const message = `${file} has ${length} bytes; at most ${bounds.configBytesMax}`;
  return problemAt(placeOf(at, asking), message, 'put what is larger into the image or a volume');
}

const placeOf = (at: readonly PropertyKey[], { tree }: Asking) => (treeAt(tree, at) ?? tree).place;
