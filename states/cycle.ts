// A circle in a graph, as one would walk it: `api → db → api`.

/** The first circle that is met; names that are not keys lead nowhere. */
export function findCycle(
  graph: ReadonlyMap<string, readonly string[]>,
): readonly string[] | undefined {
  const done = new Set<string>();
  for (const start of graph.keys()) {
    const path: { readonly name: string; readonly left: string[] }[] = [];
    const onPath = new Set<string>();
    const enter = (name: string): void => {
      path.push({ name, left: [...(graph.get(name) ?? [])] });
      onPath.add(name);
    };
    if (!done.has(start)) enter(start);
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const next = at.left.shift();
      if (next === undefined) {
        path.pop();
        onPath.delete(at.name);
        done.add(at.name);
      } else if (onPath.has(next)) {
        const names = path.map(({ name }) => name);
        return [...names.slice(names.indexOf(next)), next];
      } else if (!done.has(next)) {
        enter(next);
      }
    }
  }
  return undefined;
}
