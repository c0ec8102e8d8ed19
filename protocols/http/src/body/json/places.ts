import type { FieldMasks, FieldPlace } from '@sallyport/core';

/** The way to a value: names of members and numbers of elements, from the top. */
export type Way = readonly (string | number)[];

/** Where nothing is masked. */
const CLEAR: FieldPlace = { mask: undefined, clear: true, member: () => CLEAR, element: () => CLEAR };

interface Container {
  readonly place: FieldPlace;
  readonly array: boolean;
  /** Elements so far. */
  count: number;
  /** Of the member whose value comes next. */
  member: FieldPlace;
  name: string;
}

/** Where in a document one is. */
export class Places {
  readonly #root: FieldPlace;
  readonly #within: Container[] = [];
  #inner: Container | undefined;

  constructor(fields: FieldMasks | undefined) {
    this.#root = fields?.root ?? CLEAR;
  }

  /** Names concern nobody here. */
  get clear(): boolean {
    return (this.#inner?.place ?? this.#root).clear;
  }

  /** A value begins. @returns where. */
  value(): FieldPlace {
    const container = this.#inner;
    if (container === undefined) return this.#root;
    if (!container.array) return container.member;
    const { place, count } = container;
    container.count += 1;
    return place.clear ? place : place.element(count);
  }

  open(array: boolean): void {
    const place = this.value();
    this.#inner = { place, array, count: 0, member: place, name: '' };
    this.#within.push(this.#inner);
  }

  close(): void {
    this.#within.pop();
    this.#inner = this.#within.at(-1);
  }

  member(name: string): void {
    const container = this.#inner as Container;
    if (!container.place.clear) container.member = container.place.member(name);
    container.name = name;
  }

  /** To the value that {@link value} was asked for. */
  way(): Way {
    return this.#within.map(({ array, count, name }) => (array ? count - 1 : name));
  }
}
