// What a states repository says, checked and typed, with the places it was said at. What depends on
// hosts or digests is still as written; resolve.ts finishes it.

import type { Diagnostic } from './diagnostics.ts';
import type { StateFiles } from './files.ts';
import type { EnvironmentName, ReleaseId, ServiceName } from './ids.ts';
import type { SourcePosition } from './model.ts';
import type { StageFile, TestFile, Track } from './schema/brine.ts';
import type { Raw } from './schema/kind.ts';
import type { Rollout } from './schema/rollout.ts';
import type { Service } from './schema/service.ts';
import type { Selector } from './selector.ts';
import type { Place } from './source-text.ts';
import type { MapTree } from './tree.ts';

export interface States {
  readonly project: string;
  readonly registries: ReadonlyMap<string, Registry>;
  readonly images: ReadonlyMap<string, Image>;
  readonly tests: ReadonlyMap<string, Test>;
  readonly pipeline: ReadonlyMap<EnvironmentName, Stage>;
  /** Names of images that make a release only together. */
  readonly together: readonly (readonly string[])[];
  /** Names of all services; what they are differs by environment. */
  readonly services: readonly ServiceName[];
  readonly environments: ReadonlyMap<EnvironmentName, Environment>;
  readonly versions: ReadonlyMap<EnvironmentName, Versions>;
  /** Where the files stand that services ask for. */
  readonly files: StateFiles;
  /** What is allowed and probably not meant. */
  readonly warnings: readonly Diagnostic[];
}

export interface Registry {
  readonly insecure: boolean;
}

export interface Image {
  readonly name: string;
  readonly repository: string;
  readonly track?: Track;
  readonly at: SourcePosition;
}

/** As it is written; what refers to anything is resolved when it is run. */
export interface Test {
  readonly tree: MapTree;
  readonly file: TestFile;
  readonly at: SourcePosition;
}

export interface Stage extends Omit<StageFile, 'after'> {
  readonly after: readonly EnvironmentName[];
}

export interface Environment {
  readonly name: EnvironmentName;
  readonly at: SourcePosition;
  readonly hosts: Selector;
  readonly hostsAt: SourcePosition;
  /** Whether what people change is rolled out once it is seen. */
  readonly apply: 'manual' | 'auto';
  readonly vars: ReadonlyMap<string, Raw>;
  readonly rollout: Rollout;
  /** The services that this environment does not leave out, with its overrides in them. */
  readonly services: ReadonlyMap<ServiceName, PlacedService>;
  /** What keeps this environment, and no other, from being applied. */
  readonly problems: readonly Diagnostic[];
}

export interface PlacedService {
  readonly name: ServiceName;
  readonly tree: MapTree;
  readonly at: SourcePosition;
  readonly imagePlace: Place;
  readonly targets: Selector;
  readonly targetsAt: SourcePosition;
  /** Image, needs and rollout hold; the rest only where `open` is false. */
  readonly service: Service;
  /** Something in it depends on hosts or digests. */
  readonly open: boolean;
}

export interface Versions {
  readonly at: SourcePosition;
  readonly release?: ReleaseId;
  readonly images: ReadonlyMap<string, Version>;
}

export interface Version {
  readonly tag: string;
  readonly digest?: string;
  readonly commit?: string;
  readonly at: SourcePosition;
}
