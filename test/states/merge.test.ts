import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeMaps } from '../../states/merge.ts';
import { sourceText } from '../../states/source-text.ts';
import { toPlain, type MapTree } from '../../states/tree.ts';
import { readYaml } from '../../states/yaml.ts';

function treeOf(value: unknown): MapTree {
  const { tree } = readYaml(sourceText('t.yaml', JSON.stringify(value)));
  if (tree?.kind !== 'map') throw new Error('not a map');
  return tree;
}

const merge = (base: unknown, over: unknown): unknown =>
  structuredClone(toPlain(mergeMaps(treeOf(base), treeOf(over))));

const leaf = fc.oneof(fc.string({ maxLength: 3 }), fc.integer(), fc.boolean());
const { map: plain } = fc.letrec((tie) => ({
  value: fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }), tie('map')),
  map: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { noNullPrototype: true }),
}));
/** With nulls, at any depth. */
const { map: override } = fc.letrec((tie) => ({
  value: fc.oneof(leaf, fc.constant(null), fc.array(leaf, { maxLength: 3 }), tie('map')),
  map: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { noNullPrototype: true }),
}));

describe('an override', () => {
  it('merges maps, replaces lists and scalars, and removes by null', () => {
    const base = { a: 1, b: [1, 2], c: { d: 1, e: 2 }, f: { g: 1 } };
    const over = { a: 2, b: [3], c: { d: null, h: 3 }, f: null, i: { j: null, k: 1 } };
    expect(merge(base, over)).toEqual({ a: 2, b: [3], c: { e: 2, h: 3 }, i: { k: 1 } });
  });

  it('of another kind replaces', () => {
    expect(merge({ a: { b: 1 } }, { a: 1 })).toEqual({ a: 1 });
    expect(merge({ a: [1] }, { a: { b: 1 } })).toEqual({ a: { b: 1 } });
  });

  it('that is empty changes nothing', () => {
    fc.assert(
      fc.property(plain, (base) => {
        expect(merge(base, {})).toEqual(base);
      }),
    );
  });

  it('of nothing is itself', () => {
    fc.assert(
      fc.property(plain, (over) => {
        expect(merge({}, over)).toEqual(over);
      }),
    );
  });

  it('with itself is itself', () => {
    fc.assert(
      fc.property(plain, (base) => {
        expect(merge(base, base)).toEqual(base);
      }),
    );
  });

  it('laid on twice is as laid on once', () => {
    fc.assert(
      fc.property(plain, override, (base, over) => {
        const once = merge(base, over);
        expect(merge(once, over)).toEqual(once);
      }),
    );
  });

  it('leaves no null behind', () => {
    fc.assert(
      fc.property(plain, override, (base, over) => {
        expect(JSON.stringify(merge(base, over))).not.toContain('null');
      }),
    );
  });

  it('keeps what it does not name', () => {
    fc.assert(
      fc.property(plain, override, fc.integer(), (base, over, value) => {
        expect(merge({ ...(base as object), z: value }, over)).toMatchObject({ z: value });
      }),
    );
  });

  it('changes neither of the two', () => {
    fc.assert(
      fc.property(plain, override, (base, over) => {
        const [one, other] = [treeOf(base), treeOf(over)];
        const before = JSON.stringify([toPlain(one), toPlain(other)]);
        mergeMaps(one, other);
        expect(JSON.stringify([toPlain(one), toPlain(other)])).toBe(before);
      }),
    );
  });
});
