import { describe, expect, it } from 'vitest';
import { noHosts, portConflicts, surePortConflicts } from '../../states/conflicts.ts';
import { renderDiagnostics } from '../../states/diagnostics.ts';
import type { ResolvedEnvironment } from '../../states/model.ts';
import { filesOf, good, hostOf, resolved, statesOf, type Texts } from './sample.ts';

const versions = 'images: { api: { tag: "1" }, game: { tag: "1" } }\n';
const both = (apiPorts: string, gamePorts: string): Texts => ({
  'services/api.yaml': `image: api\nports: ${apiPorts}\n`,
  'services/game.yaml': `image: game\nports: ${gamePorts}\n`,
  'versions/beta.yaml': versions,
});

function told(changes: Texts, environments: readonly ResolvedEnvironment[]): string {
  return renderDiagnostics(portConflicts(environments), filesOf({ ...good, ...changes }));
}

describe('ports of one host', () => {
  const clash = (changes: Texts): string => told(changes, [resolved(statesOf(changes))]);

  it('that two services of one environment want are told with both places', () => {
    expect(clash(both('["8080:80", "53:53/udp"]', '["53:53", "8080:9"]'))).toMatchInlineSnapshot(`
      "services/game.yaml:2:18: port 8080/tcp of web-1 is wanted twice: by game in beta, and by api in beta (services/api.yaml:2:9)
       2 | ports: ["53:53", "8080:9"]
         |                  ^
          = give one of them another port, or other hosts"
    `);
  });

  it.each([
    ['["53:53"]', '["53:53/udp"]'],
    ['["127.0.0.1:80:80"]', '["127.0.0.2:80:80"]'],
    ['["80:80"]', '["81:80"]'],
  ])('%s and %s are two', (one, other) => {
    expect(clash(both(one, other))).toBe('');
  });

  it('are one where one is on every address', () => {
    expect(clash(both('["127.0.0.1:80:80"]', '["80:80"]'))).toContain('port 80/tcp of web-1');
  });

  it('that two environments want are told once for all hosts', () => {
    const changes = {
      'environments/dev.yaml': 'hosts: ring\nvars: { api_port: 18080 }\n',
      'versions/dev.yaml': 'images: { api: { tag: "1" } }\n',
    };
    const states = statesOf(changes);
    const inventory = [
      hostOf('web-1'),
      hostOf('web-2'),
      hostOf('dev-1', { ring: 'dev', role: 'app' }),
    ];
    const environments = ['beta', 'dev'].map((environment) =>
      resolved(states, { environment, inventory }),
    );
    expect(told(changes, environments)).toMatchInlineSnapshot(`
      "services/api.yaml:3:9: port 18080/tcp of web-1 and 1 more is wanted twice: by api in dev, and by api in beta (services/api.yaml:3:9)
       3 | ports: ["\${vars.api_port}:8080"]
         |         ^
          = give one of them another port, or other hosts"
    `);
  });

  it('are told by the place of the service where a state was read back from a record', () => {
    const changes = both('["80:80"]', '["80:80"]');
    const environment = structuredClone(resolved(statesOf(changes)));
    expect(told(changes, [environment])).toContain('services/game.yaml:1:1: port 80/tcp');
  });
});

describe('ports that are sure to clash before hosts are known', () => {
  const sure = (apiTargets: string, gameTargets: string): string => {
    const changes = {
      'services/api.yaml': `image: api\ntargets: ${apiTargets}\nports: ["8080:80"]\n`,
      'services/game.yaml': `image: game\ntargets: ${gameTargets}\nports: ["8080:9"]\n`,
      'versions/beta.yaml': versions,
    };
    return renderDiagnostics(
      surePortConflicts(statesOf(changes)),
      filesOf({ ...good, ...changes }),
    );
  };

  it('are told with both places where both services have the same selector', () => {
    expect(sure('role=app', 'role = app')).toContain(
      'services/game.yaml:3:9: port 8080/tcp of every host with role=app is wanted twice: ' +
        'by game in beta, and by api in beta (services/api.yaml:3:9)',
    );
  });

  it('are told where one of the two runs everywhere', () => {
    expect(sure('"*"', 'role=app')).toContain('port 8080/tcp of every host with role=app');
    expect(sure('role=app', '"*"')).toContain('port 8080/tcp of every host with role=app');
    expect(sure('"*"', '"*"')).toContain('port 8080/tcp of every host is wanted twice');
  });

  it('are not told where only hosts can say it', () => {
    expect(sure('role=app', 'role=db')).toBe('');
    expect(sure('role=app', 'role=app,zone')).toBe('');
  });
});

describe('a selector that matches no host', () => {
  const states = statesOf();

  it('is that of the environment', () => {
    expect(noHosts(states, 'beta', [hostOf('web-1', { ring: 'prod' })])).toEqual({
      code: 'NO_HOSTS',
      message: 'beta has no hosts: none matches ring=beta',
      at: { file: 'environments/beta.yaml', line: 1, column: 8 },
    });
  });

  it('is that of a service', () => {
    expect(noHosts(states, 'beta', [hostOf('web-1', { ring: 'beta' })])).toEqual({
      code: 'NO_HOSTS',
      message:
        'none of the hosts of beta runs api (role=app); to leave it out there, ' +
        'write `services: { api: null }` in environments/beta.yaml',
      at: { file: 'services/api.yaml', line: 2, column: 10 },
    });
  });

  it('is none of those that match', () => {
    expect(noHosts(states, 'beta', [hostOf('web-1')])).toBeUndefined();
  });

  it('belongs to an environment that exists', () => {
    expect(() => noHosts(states, 'nowhere', [])).toThrow('no environment is named nowhere');
  });
});
