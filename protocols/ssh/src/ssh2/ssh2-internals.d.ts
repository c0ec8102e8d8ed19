declare module 'ssh2/lib/protocol/utils.js' {
  const utils: { sendPacket(protocol: object, packet: Buffer, bypass?: boolean): boolean };
  export default utils;
}
