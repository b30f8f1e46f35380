import { describe, expect, it } from 'vitest';
import { readJunit } from '../../../minion/tests/junit.ts';

const read = (text: string) => readJunit(new TextEncoder().encode(text));

describe('a JUnit file', () => {
  it('is counted by its test cases, whatever its suites say of themselves', () => {
    const text = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="99"><testsuite name="a"><testcase name="one" classname="a.B"/>
<testcase name="two"><failure>no</failure><failure>and no</failure></testcase>
<testcase name="three"><error message="boom"/></testcase></testsuite>
<testsuite name="b"><testsuite name="c"><testcase name="four"><skipped/></testcase></testsuite></testsuite></testsuites>`;
    expect(read(text)).toEqual({ tests: 4, failures: 2, skipped: 1, failed: ['two', 'three'] });
    expect(read('<testsuite/>')).toEqual({ tests: 0, failures: 0, skipped: 0, failed: [] });
  });

  it('names the first that failed, and counts them all', () => {
    const one = (n: number): string => `<testcase name="t${n}"><failure/></testcase>`;
    const text = `<testsuite>${Array.from({ length: 40 }, (_, n) => one(n)).join('')}</testsuite>`;
    const found = read(text);
    expect(found).toMatchObject({ tests: 40, failures: 40 });
    expect(found).toHaveProperty('failed', ['t0', 't1', 't2', 't3', 't4']);
  });

  it('that declares entities of its own expands none', () => {
    const bomb = `<!DOCTYPE t [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<testsuite><testcase name="&b;"><failure/></testcase></testsuite>`;
    expect(read(bomb)).toMatch(/undefined entity/);
    const file = `<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&x;"/></testsuite>`;
    expect(read(file)).toMatch(/undefined entity/);
  });

  it('that is none says why', () => {
    expect(read('')).toMatch(/document/);
    expect(read('not xml')).toMatch(/text data outside/);
    expect(read('<html></html>')).toBe('it begins with <html>, not with <testsuites>');
    expect(read('<testsuite><testcase name="a"></testsuite>')).toMatch(
      /unexpected|mismatch|unmatched/i,
    );
    expect(read(`<testsuite>${'<a>'.repeat(200)}`)).toMatch(/nested deeper/);
  });
});
