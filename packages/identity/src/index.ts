export { type Backoff, createBackoff } from './backoff.ts';
export { addressOf } from './client-address.ts';
export { createIdentity, type IdentityOptions, type IdentityService, type SignedIn } from './identity.ts';
export type { ProviderOptions } from './identity-provider.ts';
export { defaultNames, type Keys, openKeys, type SecretLabel } from './keys.ts';
export { ProvenRefusal } from './proven-refusal.ts';
export { readCertificate, type ServerCertificate } from './server-certificate.ts';
export { type MintedToken, mintToken, type TokenRequest } from './token.ts';
export { tokenFault } from './token-text.ts';
