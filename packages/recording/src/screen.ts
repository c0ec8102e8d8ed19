import type { Terminal } from '@xterm/headless';

/** A screen that was drawn entirely by more output than this is unheard of. */
const KEPT_BYTES = 8 * 1024 * 1024;
const MOST_CELLS = 1_000;

interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Sizes as clients announce them: 0 and nonsense become something that can be drawn. */
export function screenSize(columns: number, rows: number): Size {
  const within = (size: number, usual: number): number => (size > 0 ? Math.min(size, MOST_CELLS) : usual);
  return { columns: within(columns, 80), rows: within(rows, 24) };
}

type Written = Buffer | Size;

function isSize(written: Written): written is Size {
  return !Buffer.isBuffer(written);
}

/**
 * What a terminal shows after all that was written to it. Nothing is emulated until it is
 * {@link draw}n, and then the last 8 MiB at most.
 */
export class Screen {
  #written: Written[] = [];
  #bytes = 0;
  #size = screenSize(0, 0);

  get size(): Size {
    return this.#size;
  }

  /** Nothing was written. */
  get empty(): boolean {
    return this.#bytes === 0;
  }

  resize(columns: number, rows: number): void {
    this.#size = screenSize(columns, rows);
    this.#written.push(this.#size);
  }

  write(bytes: Buffer): void {
    this.#written.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes > 2 * KEPT_BYTES) this.#forget();
  }

  /** The sequences that bring an empty terminal of this size to the same state. */
  async draw(): Promise<string> {
    this.#forget();
    // Both are loaded for those who look at terminals only.
    const [{ Terminal }, { SerializeAddon }] = await Promise.all([
      import('@xterm/headless').then(exportsOf),
      import('@xterm/addon-serialize').then(exportsOf),
    ]);
    const { columns: cols, rows } = this.#written.find(isSize) ?? this.#size;
    const terminal = new Terminal({ cols, rows, scrollback: 0, allowProposedApi: true, logLevel: 'off' });
    const serializer = new SerializeAddon();
    terminal.loadAddon(serializer as unknown as Parameters<Terminal['loadAddon']>[0]);
    for (const each of joined(this.#written)) {
      if (isSize(each)) terminal.resize(each.columns, each.rows);
      else await new Promise<void>((done) => terminal.write(each, done));
    }
    const drawn = serializer.serialize({ scrollback: 0 });
    terminal.dispose();
    return drawn;
  }

  #forget(): void {
    let from = this.#written.length;
    let bytes = 0;
    while (from > 0 && bytes < KEPT_BYTES) {
      from -= 1;
      const each = this.#written[from] as Written;
      if (Buffer.isBuffer(each)) bytes += each.length;
    }
    const sizes = this.#written.slice(0, from).filter(isSize);
    this.#written = [...sizes.slice(-1), ...this.#written.slice(from)];
    this.#bytes = bytes;
  }
}

/** Neighbouring output as one: xterm.js takes a turn of the loop's timers, a millisecond or more, for each write. */
function* joined(all: readonly Written[]): Generator<Written> {
  let pieces: Buffer[] = [];
  for (const each of all) {
    if (!isSize(each)) {
      pieces.push(each);
      continue;
    }
    if (pieces.length > 0) yield Buffer.concat(pieces);
    pieces = [];
    yield each;
  }
  if (pieces.length > 0) yield Buffer.concat(pieces);
}

/** A CommonJS module's exports stand under `default` as Node sees them. */
function exportsOf<T extends object>(module: T): T {
  return 'default' in module ? (module.default as T) : module;
}
