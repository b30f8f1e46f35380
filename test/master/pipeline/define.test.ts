import { describe, expect, it } from 'vitest';
import { pipelineDefinition } from '../../../master/pipeline/definition.ts';
import { pipelineOf } from '../../../master/pipeline/define.ts';
import { loadStates } from '../../../states/load.ts';

const files = (brine: string) =>
  new Map(
    Object.entries({
      'brine.yaml': brine,
      'environments/beta.yaml': 'hosts: ring=beta\n',
      'environments/prod.yaml': 'hosts: ring=prod\n',
    }).map(([name, text]) => [name, { bytes: Buffer.from(text) }] as const),
  );

const loaded = (brine: string) => {
  const states = loadStates(files(brine));
  if (!states.ok) throw new Error(JSON.stringify(states.diagnostics));
  return states.states;
};

const problems = (brine: string) => {
  const states = loadStates(files(brine));
  return states.ok
    ? []
    : states.diagnostics.map(({ message, hint }) => `${message} (${hint ?? ''})`);
};

const images =
  'project: starfall\nimages: { api: { repository: r.example.com/api }, web: { repository: r.example.com/web } }\n';

describe('the pipeline in brine.yaml', () => {
  it('is none where the project has none', () => {
    expect(pipelineOf(loaded(images))).toEqual({ stages: [], images: [], together: [] });
  });

  it('becomes what the reducer decides by', () => {
    const states = loaded(
      `${images}together: [[api, web]]
tests: { smoke: { http: "http://localhost/", timeout: 20s } }
pipeline:
  beta: { verify: [smoke] }
  prod:
    after: beta
    soak: 30m
    approval: manual
    on_failure: pause
    windows: { zone: Europe/Berlin, allow: ["mon-fri 09:00-17:00"], deny: [fri] }
`,
    );
    const definition = pipelineOf(states);
    expect(pipelineDefinition.parse(definition)).toEqual(definition);
    expect(definition).toEqual({
      images: ['api', 'web'],
      together: [['api', 'web']],
      stages: [
        {
          ...{ environment: 'beta', after: [], soakMs: 0, approval: 'none', windows: null },
          ...{ verify: [{ test: 'smoke', timeoutMs: 20_000 }], onFailure: 'rollback' },
        },
        {
          ...{ environment: 'prod', after: ['beta'], soakMs: 1_800_000, approval: 'manual' },
          ...{ verify: [], onFailure: 'pause' },
          windows: {
            zone: 'Europe/Berlin',
            allow: [{ days: [1, 2, 3, 4, 5], from: 540, to: 1_020 }],
            deny: [{ days: [5], from: 0, to: 1_440 }],
          },
        },
      ],
    });
  });

  it('is refused with what would be right', () => {
    const stage = (rest: string) => problems(`${images}pipeline: { beta: { ${rest} } }\n`);
    expect(stage('windows: { allow: ["9 to 5"] }')[0]).toMatch('mon-fri 09:00-17:00');
    expect(stage('windows: { zone: Europe/Berln }')[0]).toMatch('no time zone');
    expect(stage('on_failure: rolback')[0]).toMatch('did you mean `rollback`');
    expect(problems(`${images}together: [[api, wbe]]\n`)[0]).toMatch('web');
  });
});
