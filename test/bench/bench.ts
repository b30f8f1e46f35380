// `npm run bench`: one JSON line per figure, {"name","value","unit"} and, where something else did the
// same in the same run, "floor" and "ratio" (bare calls) or "swarm" and "vs_swarm" (Docker's Swarm).
// Medians; compare ratios, not absolute times. `npm run bench -- <figure>…` takes only those.

import { gaps } from './gaps.ts';
import { idle } from './idle.ts';
import { many } from './many.ts';
import { programs } from './programs.ts';
import { pushToProd } from './push-to-prod.ts';
import { Setting } from './setting.ts';
import { upgrade } from './upgrade.ts';

const onOneHost = { upgrade_one_host: upgrade('upgrade_one_host'), ...gaps, ...many };
const onThreeHosts = { upgrade_three_hosts: upgrade('upgrade_three_hosts'), ...idle };
const onOwnHosts = { push_to_prod: pushToProd };

const asked = new Set(process.argv.slice(2));
const known = [programs, onOneHost, onThreeHosts, onOwnHosts].flatMap((figures) =>
  Object.keys(figures),
);
const unknown = [...asked].filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no such figure: ${unknown.join(', ')}; there are ${known.join(', ')}\n`);
  process.exit(1);
}

for (const take of chosen(programs)) await take();
await onHosts(1, chosen(onOneHost));
await onHosts(3, chosen(onThreeHosts));
for (const take of chosen(onOwnHosts)) await take();

/** In the order in which they stand; all where none was named. */
function chosen<T>(figures: Readonly<Record<string, T>>): readonly T[] {
  const names = Object.keys(figures).filter((name) => asked.size === 0 || asked.has(name));
  return names.flatMap((name) => figures[name] ?? []);
}

async function onHosts(
  hosts: number,
  figures: readonly ((setting: Setting) => Promise<void>)[],
): Promise<void> {
  if (figures.length === 0) return;
  await Setting.with(hosts, async (setting) => {
    for (const take of figures) await take(setting);
  });
}
