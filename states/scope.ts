// What `${…}` can name, and what it stands for where that is known by now.

import type { InventoryHost } from './model.ts';
import { parsePort } from './ports.ts';
import type { Raw } from './schema/kind.ts';
import { suggest } from './suggest.ts';
import { substitute } from './substitute.ts';
import { childOf, type Tree } from './tree.ts';

export type Found =
  | { readonly value: Raw }
  /** It exists, and its value is not known yet. */
  | { readonly open: true }
  | { readonly problem: string; readonly hint?: string };

export interface Scope {
  lookup(name: string): Found;
  /** Whether anything that was looked up belongs to one host. */
  readonly usedHost: boolean;
}

export interface Surroundings {
  readonly environment: string;
  readonly vars: ReadonlyMap<string, Raw>;
  /** `later`: some host that is not known yet. `none`: this is said for all hosts together. */
  readonly host: InventoryHost | 'later' | 'none';
  /** The services of the environment, for the ports they publish; undefined: it cannot be read. */
  readonly services: ReadonlyMap<string, Tree | undefined>;
  /** Every image there is, with the pinned reference where it is known; undefined: not known. */
  readonly images: ReadonlyMap<string, string | undefined> | undefined;
  readonly release?: string;
}

export const roots = ['vars', 'env', 'host', 'service', 'image', 'release'];

export function makeScope(around: Surroundings): Scope {
  let usedHost = false;
  const asked: string[] = [];
  const scope: Scope = {
    get usedHost() {
      return usedHost;
    },
    lookup(name) {
      const dot = name.indexOf('.');
      const root = dot < 0 ? name : name.slice(0, dot);
      const rest = dot < 0 ? '' : name.slice(dot + 1);
      switch (root) {
        case 'vars':
          return variable(around, rest);
        case 'env':
          if (rest === 'name') return { value: around.environment };
          return { problem: `\`env\` has no \`${rest}\``, hint: 'it has `env.name`' };
        case 'host':
          usedHost = true;
          return ofHost(around, rest);
        case 'service':
          return portOf(rest, around, { scope, asked });
        case 'image':
          return ofImage(around, rest);
        case 'release':
          return ofRelease(around, rest);
        default:
          return stranger(name, around);
      }
    },
  };
  return scope;
}

function variable({ vars, environment }: Surroundings, name: string): Found {
  const value = vars.get(name);
  if (value !== undefined) return { value };
  const meant = suggest(name, vars.keys());
  const hint =
    meant === undefined
      ? `give it a value under \`vars\` in environments/${environment}.yaml`
      : `did you mean \`vars.${meant}\`?`;
  return { problem: `${environment} has no variable \`${name}\``, hint };
}

const hostKeys = ['id', 'address', 'labels', 'facts'];

function ofHost({ host }: Surroundings, rest: string): Found {
  const dot = rest.indexOf('.');
  const [first, key] = dot < 0 ? [rest, ''] : [rest.slice(0, dot), rest.slice(dot + 1)];
  const grouped = first === 'labels' || first === 'facts';
  if (!hostKeys.includes(first) || grouped === (key === '')) {
    const hint = 'there are host.id, host.address, host.labels.<key> and host.facts.<key>';
    return { problem: `\`host.${rest}\` is unknown`, hint };
  }
  if (host === 'none') return meaningless(`host.${rest}`);
  if (host === 'later') return { open: true };
  if (first === 'id') return { value: host.id };
  const values = first === 'labels' ? host.labels : host.facts;
  const name = first === 'address' ? 'address' : key;
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value !== undefined) return { value };
  return first === 'labels'
    ? { problem: `host ${host.id} has no label \`${name}\``, hint: labelHint(host.id, name) }
    : {
        problem: `host ${host.id} has not told its ${name}`,
        hint: 'its minion tells it once it is linked',
      };
}

const meaningless = (name: string): Found => ({
  problem: `\`${name}\` has no meaning here`,
  hint: 'this is decided for all hosts of the environment, before its release is known',
});

const labelHint = (id: string, key: string): string =>
  `give it one with \`master hosts label ${id} ${key}=…\``;

function portOf(
  rest: string,
  around: Surroundings,
  own: { readonly scope: Scope; readonly asked: string[] },
): Found {
  const [, name, key] = /^(.*)\.([^.]*)$/.exec(rest) ?? [];
  if (name === undefined || key !== 'port') {
    return { problem: `\`service.${rest}\` is unknown`, hint: 'there is service.<name>.port' };
  }
  const tree = around.services.get(name);
  if (!around.services.has(name)) {
    const meant = suggest(name, around.services.keys());
    const hint = meant === undefined ? {} : { hint: `did you mean \`service.${meant}.port\`?` };
    return { problem: `${around.environment} has no service \`${name}\``, ...hint };
  }
  if (tree === undefined) return { open: true };
  const ports = childOf(tree, 'ports');
  const first = ports?.kind === 'list' ? ports.items[0] : undefined;
  if (first === undefined) {
    return { problem: `service ${name} publishes no port`, hint: `give it \`ports\`` };
  }
  if (own.asked.includes(name)) {
    return { problem: 'it is named by way of itself' };
  }
  own.asked.push(name);
  const resolved = substitute(first, own.scope);
  own.asked.pop();
  const [wrong] = resolved.diagnostics;
  if (wrong !== undefined) return { problem: `${unknownPort(name)}: ${wrong.message}` };
  if (resolved.open) return { open: true };
  const port = parsePort(String(resolved.plain));
  return port.ok
    ? { value: port.value.host }
    : { problem: `${unknownPort(name)}: ${port.problem}` };
}

const unknownPort = (service: string): string => `the port of service ${service} is not known`;

function ofImage({ images, host }: Surroundings, name: string): Found {
  if (host === 'none') return meaningless(`image.${name}`);
  if (images === undefined) return { open: true };
  if (!images.has(name)) return unknownImage(name, images.keys());
  const reference = images.get(name);
  return reference === undefined ? { open: true } : { value: reference };
}

export function unknownImage(name: string, known: Iterable<string>) {
  const meant = suggest(name, known);
  const hint = meant === undefined ? 'add it to `images` in brine.yaml' : didYouMean(meant);
  return { problem: `unknown image \`${name}\``, hint };
}

export const didYouMean = (name: string): string => `did you mean \`${name}\`?`;

function ofRelease({ release, host }: Surroundings, rest: string): Found {
  if (host === 'none') return meaningless('release');
  if (rest !== '') return { problem: '`release` has nothing below it' };
  return release === undefined ? { open: true } : { value: release };
}

function stranger(name: string, { vars }: Surroundings): Found {
  const problem = `nothing is named \`${name}\``;
  if (vars.has(name)) return { problem, hint: `did you mean \`vars.${name}\`?` };
  const root = name.split('.', 1)[0] ?? '';
  if (root === 'secret' || root === 'secrets') {
    return { problem: 'secrets are not available yet', hint: 'take it out' };
  }
  const meant = suggest(root, roots);
  if (meant !== undefined) {
    return { problem, hint: `did you mean \`${meant}${name.slice(root.length)}\`?` };
  }
  const hint = `there are ${roots.join(', ')}; write \`$\${${name}}\` to pass it on as it is`;
  return { problem, hint };
}
