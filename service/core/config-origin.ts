/** Where configuration files come from: a Git repository, a folder. Pure nouns; the adapters are in system/. */

/** A file as it lies in the repository. */
export interface ConfigFile {
  /** With forward slashes, from the root of the configuration. */
  readonly path: string;
  readonly text: string;
}

export interface Fetched {
  /** Names the state of the files: a commit, or a digest. */
  readonly revision: string;
  readonly files: readonly ConfigFile[];
}

export interface ConfigOrigin {
  /** What people call it; without secrets. */
  readonly name: string;
  /** Throws OriginFailed. */
  fetch(signal: AbortSignal): Promise<Fetched>;
  /** A folder may be read while somebody writes to it: a new state counts when it is seen twice. */
  readonly unsteady: boolean;
}

/** The files cannot be had. `message` is a sentence for people, without full stop, and holds no secret. */
export class OriginFailed extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "OriginFailed";
  }
}
