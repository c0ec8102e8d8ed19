/** Follows pages until an empty one: each is asked for by the last item before it. */
export async function* pages<T>(next: (after: T | undefined) => Promise<readonly T[]>): AsyncGenerator<T> {
  for (let page = await next(undefined); page.length > 0; page = await next(page.at(-1))) yield* page;
}
