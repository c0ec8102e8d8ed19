import { type GitService, repositoryName } from '@sallyport/git';
import { badRequest } from '../errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { field } from '../message/fields.ts';

/** A request of git's own, as it talks to a server that runs git: https://git-scm.com/docs/gitprotocol-http#_smart_clients */
export interface SmartRequest {
  /** What refs there are, or a conversation about them. */
  readonly kind: 'refs' | 'call';
  readonly service: GitService;
  /** As rules name it. */
  readonly repository: string;
  /** The path of the repository at the target, as it is sent. */
  readonly base: string;
}

const CALL = /^(.*)\/git-(upload-pack|receive-pack|upload-archive)$/i;
const REFS = /^(.*)\/info\/refs$/i;
const SERVICE = /^service=git-(upload-pack|receive-pack|upload-archive)$/;
const REQUEST_TYPE = /^application\/x-git-(?:upload-pack|receive-pack|upload-archive)-request/i;

/**
 * Recognises what git itself asks for, by path and type. Objects that a dumb server gives are files like any other.
 *
 * @throws RequestError 400 for a path that another server could take for another repository's
 */
export function readSmartRequest({ request, requested }: Pick<Exchange, 'request' | 'requested'>): SmartRequest | undefined {
  const { parameters, path, readings } = requested;
  if (request.method === 'GET') {
    const service = parameters.length === 1 ? SERVICE.exec(parameters[0] ?? '')?.[1] : undefined;
    const [, base] = REFS.exec(path) ?? [];
    return service === undefined || base === undefined ? undefined : smartRequest('refs', service, base, readings, REFS);
  }
  if (request.method !== 'POST') return undefined;
  const [, base, service] = CALL.exec(path) ?? [];
  if (base !== undefined && service !== undefined) return smartRequest('call', service, base, readings, CALL);
  // It must be a push to us whenever it may be one to the target.
  const calls = readings.some((reading) => CALL.test(reading.replace(/\/+$/, '')));
  if (calls || REQUEST_TYPE.test(field(request.fields, 'content-type') ?? '')) throw twoReadings();
  return undefined;
}

function smartRequest(kind: SmartRequest['kind'], service: string, base: string, readings: readonly string[], form: RegExp): SmartRequest {
  const [name, ...others] = new Set(readings.map((reading) => repositoryName(form.exec(reading)?.[1] ?? '')));
  if (name === undefined || others.length > 0) throw twoReadings();
  return { kind, service: service.toLowerCase() as GitService, base, repository: name };
}

function twoReadings(): Error {
  return badRequest('The path of the repository could be read in two ways, or is none: write it as plainly as it is.');
}
