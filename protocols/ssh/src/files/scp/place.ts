import type { ScpCommand } from '../exec/scp-command.ts';

/** A path on the target. Where only the target knows whether a path is a directory, there are two that may be meant. */
export interface Place {
  readonly path: string;
  /** What it is if the command's own path is no directory. */
  readonly or?: string;
}

/** Which files of the target a copy's names stand for. */
export class Places {
  readonly #command: ScpCommand;
  readonly #directories: Place[] = [];

  constructor(command: ScpCommand) {
    this.#command = command;
  }

  file(name: string): Place {
    return this.#place(name, this.#command.path.directory !== undefined);
  }

  /** Other than a file, one may be made under a path that ends with a slash. */
  directory(name: string): Place {
    return this.#place(name, this.#command.path.directory === 'exists');
  }

  /** What follows is in this directory. */
  enter(place: Place): void {
    this.#directories.push(place);
  }

  /** False: no directory was entered. */
  leave(): boolean {
    return this.#directories.pop() !== undefined;
  }

  get depth(): number {
    return this.#directories.length;
  }

  /** @param into the command's own path must be a directory. */
  #place(name: string, into: boolean): Place {
    const directory = this.#directories.at(-1);
    if (directory !== undefined) return inside(directory, name);
    const { direction, path: argument, pattern, intoDirectory } = this.#command;
    const { path } = argument;
    // A source names what its path is; only a pattern's finds have names of their own.
    if (direction === 'download') return { path: pattern ? join(path, name) : path };
    if (into || intoDirectory) return { path: join(path, name) };
    return { path: join(path, name), or: path };
  }
}

function inside({ path, or }: Place, name: string): Place {
  return { path: join(path, name), ...(or !== undefined && { or: join(or, name) }) };
}

function join(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

/** Every path that may be meant. */
export function pathsOf({ path, or }: Place): readonly string[] {
  return or === undefined ? [path] : [path, or];
}

/** As people read it. */
export function placeText({ path, or }: Place): string {
  return or === undefined ? path : `${path} (or ${or})`;
}
