/**
 * A connection attribute by which `exec` says that leaving takes back what still runs: the protocol has no message for
 * that, and a KILL would need a second sign-in, for which its token is not good.
 */
export const LEAVING = { name: '_sallyport_leaving', cancel: 'cancel' } as const;
