import type { FieldMasks, FieldPlace } from '@sallyport/core';

/** The way to a value: names of members and numbers of elements, from the top. */
export type Way = readonly (string | number)[];

/** Where nothing is masked. */
export const CLEAR: FieldPlace = { mask: undefined, clear: true, member: () => CLEAR, element: () => CLEAR };

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

  constructor(fields: FieldMasks | undefined) {
    this.#root = fields?.root ?? CLEAR;
  }

  /** Names concern nobody here. */
  get clear(): boolean {
    return this.#within.at(-1)?.place.clear ?? this.#root.clear;
  }

  /** A value begins. @returns where. */
  value(): FieldPlace {
    const container = this.#within.at(-1);
    if (container === undefined) return this.#root;
    if (!container.array) return container.member;
    const { place, count } = container;
    container.count += 1;
    return place.clear ? place : place.element(count);
  }

  open(array: boolean): void {
    const place = this.value();
    this.#within.push({ place, array, count: 0, member: place, name: '' });
  }

  close(): void {
    this.#within.pop();
  }

  member(name: string): void {
    const container = this.#within.at(-1) as Container;
    container.member = container.place.member(name);
    container.name = name;
  }

  /** To the value that {@link value} was asked for. */
  way(): Way {
    return this.#within.map(({ array, count, name }) => (array ? count - 1 : name));
  }
}
