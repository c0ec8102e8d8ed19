export { AdvertisementEditor } from './advertisement.ts';
export type { Capabilities } from './capabilities.ts';
export { type FetchRequest, FetchRequestReader } from './fetch-request.ts';
export { type GitCall, type GitService, parseGitCall } from './git-call.ts';
export type { ObjectFormat } from './object-id.ts';
export { type PushDenial, pushDenial, pushKeepalive, pushNotice } from './push-report.ts';
export { type PushRequest, PushRequestReader, type RefUpdate } from './push-request.ts';
export { repositoryName } from './repository.ts';
