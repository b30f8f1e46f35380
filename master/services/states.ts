// The states as they are now, loaded and checked; what was loaded of a commit is kept, as commits do
// not change.

import { loadStates } from '../../states/load.ts';
import { renderDiagnostics, type Diagnostic } from '../../states/diagnostics.ts';
import { describeEnvironments } from '../../states/environment-of.ts';
import { Fault } from '../../states/faults.ts';
import type { States } from '../../states/states.ts';
import type { SourceFiles } from '../source/files.ts';
import type { Snapshot, Source } from '../source/source.ts';

export interface LoadedStates extends Snapshot {
  readonly states: States;
}

/** Carries the diagnostics as text, with the lines they are about. */
export class StatesInvalid extends Fault {
  readonly rendered: string;
  constructor(diagnostics: readonly Diagnostic[], files: SourceFiles) {
    const [first] = diagnostics;
    const more = diagnostics.length > 1 ? ` and ${diagnostics.length - 1} more` : '';
    const words =
      first === undefined ? 'not valid' : `${first.file}:${first.line}: ${first.message}`;
    super({ code: 'STATE_INVALID', message: `${words}${more}` });
    this.rendered = renderDiagnostics(diagnostics, files);
  }
}

export class StatesReader {
  readonly #source: Source;
  #newest: LoadedStates | undefined;
  /** The one of an older commit that was asked for last. */
  #then: LoadedStates | undefined;
  #error: string | null = null;

  constructor(source: Source) {
    this.#source = source;
  }

  /** Throws SOURCE_*, and STATE_INVALID with the diagnostics rendered. */
  async read(): Promise<LoadedStates> {
    try {
      const snapshot = await this.#source.read();
      if (this.#newest?.files !== snapshot.files) {
        this.#newest = this.#then?.files === snapshot.files ? this.#then : load(snapshot);
      }
      this.#error = null;
      return this.#newest;
    } catch (error) {
      this.#error = error instanceof Fault ? error.data.message : 'a defect of the master itself';
      throw error;
    }
  }

  /** What was read last, if anything. */
  get last(): LoadedStates | undefined {
    return this.#newest;
  }

  /** What was read last, where there is anything; whoever asks does not wait for git. */
  async newest(): Promise<LoadedStates> {
    return this.#newest ?? this.read();
  }

  /** As they were at a commit; throws as {@link read} does. */
  async readAt(commit: string): Promise<LoadedStates> {
    if (this.#newest?.commit === commit) return this.#newest;
    if (this.#then?.commit === commit) return this.#then;
    const snapshot = await this.#source.readAt(commit);
    this.#then = load(snapshot);
    return this.#then;
  }

  /** What was read last, and how the newest attempt ended; for who only wants to look. */
  get known(): {
    readonly project: string | null;
    readonly environments: readonly string[];
    readonly commit: string | null;
    readonly error: string | null;
  } {
    const states = this.#newest?.states;
    return {
      project: states?.project ?? null,
      environments: states === undefined ? [] : describeEnvironments(states),
      commit: this.#source.last.commit,
      error: this.#error ?? this.#source.last.error,
    };
  }
}

function load(snapshot: Snapshot): LoadedStates {
  const loaded = loadStates(snapshot.files);
  if (!loaded.ok) throw new StatesInvalid(loaded.diagnostics, snapshot.files);
  return { ...snapshot, states: loaded.states };
}
