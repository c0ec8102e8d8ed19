import { createHash } from 'node:crypto';

/** The SHA-256 of a body's bytes, wherever it is computed. */
export interface BodyDigest {
  /** Takes the bytes as they are: they may change afterwards. */
  update(bytes: Buffer): void;
  /** undefined: more is welcome; else resolves when it is. @throws GatewayError ERR_RECORDING when there will be no digest */
  room(): Promise<void> | undefined;
  /** Nothing more comes: resolves, or is undefined, when {@link digest} may be asked. @throws GatewayError ERR_RECORDING */
  finish(): Promise<void> | undefined;
  digest(): Buffer;
  /** Nobody wants it any more. */
  drop(): void;
}

/** Computed at once, by whoever brings the bytes. */
export function digestHere(): BodyDigest {
  const hash = createHash('sha256');
  return {
    update: (bytes) => void hash.update(bytes),
    room: () => undefined,
    finish: () => undefined,
    digest: () => hash.digest(),
    drop: () => undefined,
  };
}
