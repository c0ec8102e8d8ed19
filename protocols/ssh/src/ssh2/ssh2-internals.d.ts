declare module 'ssh2/lib/protocol/utils.js' {
  const utils: {
    sendPacket(protocol: object, packet: Buffer, bypass?: boolean): boolean;
    convertSignature(signature: Buffer, keyType: string): Buffer | undefined;
  };
  export default utils;
}
