/** What a client of Git LFS wants to move: https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md */
export interface LfsBatch {
  readonly operation: 'upload' | 'download';
  /** The full name, where one is given. */
  readonly ref?: string;
  readonly objects: number;
  /** Of all of them. */
  readonly bytes: number;
}

/** Where the answer to a batch leads. */
export interface LfsPlace {
  /** Of the target, as the gateway asks it. */
  readonly origin: string;
  /** Of the gateway, as its client asks it. */
  readonly gateway: string;
  /** A text shows what the gateway signs in with. */
  readonly secret: (text: string) => boolean;
}

/** The answer to a batch. */
export interface LfsAnswer {
  /** As the client gets it. */
  readonly given: unknown;
  /** As it may be recorded. */
  readonly recorded: unknown;
  /** Hosts that the client will be in touch with itself. */
  readonly direct: readonly string[];
}

/** @returns undefined for what is no batch. */
export function readBatch(text: string): { readonly batch: LfsBatch; readonly json: unknown } | undefined {
  const json = parsed(text);
  if (!isRecord(json) || !Array.isArray(json['objects'])) return undefined;
  const { objects, operation, ref } = json;
  if (operation !== 'upload' && operation !== 'download') return undefined;
  const name = isRecord(ref) ? ref['name'] : undefined;
  const sizes = objects.map((object: unknown) => (isRecord(object) ? Number(object['size']) : Number.NaN));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return { json, batch: { operation, objects: objects.length, bytes, ...(typeof name === 'string' && { ref: name }) } };
}

/**
 * The answer with actions that lead through the gateway where they lead to the target: the client signs in there as it does
 * for git. What leads elsewhere passes with the credential that it carries, which is for that object and a while.
 *
 * @returns undefined for what is no answer to a batch.
 */
export function readAnswer(text: string, place: LfsPlace): LfsAnswer | undefined {
  const json = parsed(text);
  if (!isRecord(json) || !Array.isArray(json['objects'])) return undefined;
  const direct = new Set<string>();
  const objects = json['objects'].map((object: unknown) =>
    isRecord(object) ? objectOf(object, place, direct) : { given: object, recorded: object },
  );
  const seen = (view: keyof Views): unknown => ({ ...json, objects: objects.map((object) => object[view]) });
  return { given: seen('given'), recorded: seen('recorded'), direct: [...direct] };
}

interface Views {
  readonly given: unknown;
  readonly recorded: unknown;
}

function objectOf(object: Readonly<Record<string, unknown>>, place: LfsPlace, direct: Set<string>): Views {
  const { actions, _links: links, authenticated: _, ...rest } = object;
  const listed = isRecord(actions) ? actions : isRecord(links) ? links : undefined; // _links: its name in the first version
  if (listed === undefined) return { given: object, recorded: object };
  const key = isRecord(actions) ? 'actions' : '_links';
  const views = Object.entries(listed).map(([name, action]) => [name, actionOf(action, place, direct)] as const);
  const own = views.every(([, { through }]) => through);
  const authenticated = own || object['authenticated'] === undefined ? {} : { authenticated: object['authenticated'] };
  const view = (which: keyof Views): unknown => ({
    ...rest,
    ...authenticated,
    [key]: Object.fromEntries(views.map(([name, one]) => [name, one[which]])),
  });
  return { given: view('given'), recorded: view('recorded') };
}

function actionOf(action: unknown, { gateway, origin, secret }: LfsPlace, direct: Set<string>): Views & { readonly through: boolean } {
  const url = isRecord(action) && typeof action['href'] === 'string' ? urlOf(action['href']) : undefined;
  if (!isRecord(action) || url === undefined) return { given: action, recorded: action, through: false };
  const { header, href: _, ...rest } = action;
  const through = url.origin === new URL(origin).origin;
  if (!through) direct.add(url.host);
  const href = through ? `${gateway}${url.pathname}${url.search}` : url.href;
  const kept = Object.entries(isRecord(header) ? header : {}).filter(
    ([name, value]) => !(through && name.toLowerCase() === 'authorization') && !secret(String(value)),
  );
  const shown = `${through ? gateway : url.origin}${url.pathname}${url.search === '' ? '' : '?[removed]'}`;
  return {
    through,
    given: { ...rest, href, header: Object.fromEntries(kept) },
    recorded: { ...rest, href: shown, header: Object.fromEntries(kept.map(([name]) => [name, '[removed]'])) },
  };
}

function urlOf(href: string): URL | undefined {
  return URL.canParse(href) ? new URL(href) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
