declare module 'ssh2/lib/protocol/utils.js' {
  const utils: {
    sendPacket(protocol: object, packet: Buffer, bypass?: boolean): boolean;
    convertSignature(signature: Buffer, keyType: string): Buffer | undefined;
  };
  export default utils;
}

declare module 'ssh2/lib/protocol/crypto.js' {
  const crypto: { readonly bindingAvailable: boolean };
  export default crypto;
}
