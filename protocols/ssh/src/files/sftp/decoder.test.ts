import { type Decoder, ProtocolError } from '@sallyport/core';
import fc from 'fast-check';
import { MAX_PACKET_BYTES, PacketReader, type SftpFrame, sftpDecoder } from './decoder.ts';
import { encodePacket, encodeStatus, STATUS, TYPE } from './messages.ts';

function decode(decoder: Decoder<SftpFrame>, chunks: readonly Buffer[]): SftpFrame[] {
  return chunks.flatMap((chunk) => [...decoder.push(chunk)]);
}

function cut(bytes: Buffer, offsets: readonly number[]): Buffer[] {
  const at = [0, ...offsets.map((offset) => offset % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

const packet = fc
  .tuple(fc.constantFrom(...Object.values(TYPE)), fc.nat(), fc.uint8Array({ maxLength: 300 }))
  .map(([type, id, data]) => encodePacket(type, id, Buffer.from(data)));

describe('the SFTP decoder', () => {
  test('however a stream is split, the packets are the same and add up to it', () => {
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 20 }), fc.array(fc.nat(), { maxLength: 30 }), (packets, offsets) => {
        const frames = decode(sftpDecoder('client'), cut(Buffer.concat(packets), offsets));
        expect(frames.map(({ raw }) => raw.toString('hex'))).toEqual(packets.map((raw) => raw.toString('hex')));
        expect(frames.map(({ type, id }) => [type, id])).toEqual(packets.map((raw) => [raw[4], raw.readUInt32BE(5)]));
      }),
    );
  });

  test('a packet cut at any byte is the same packet', () => {
    const stream = Buffer.concat([encodeStatus(7, STATUS.OK, 'ok'), encodePacket(TYPE.DATA, 8, Buffer.alloc(50, 1))]);
    for (let at = 0; at <= stream.length; at++) {
      const frames = decode(sftpDecoder('target'), [stream.subarray(0, at), stream.subarray(at)]);
      expect(frames.map(({ id }) => id)).toEqual([7, 8]);
      expect(Buffer.concat(frames.map(({ raw }) => raw)).equals(stream)).toBe(true);
    }
  });

  test('random bytes give packets that begin them, and at most a ProtocolError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.array(fc.nat(), { maxLength: 10 }), (bytes, offsets) => {
        const stream = Buffer.from(bytes);
        const frames: Buffer[] = [];
        try {
          for (const chunk of cut(stream, offsets)) for (const { raw } of sftpDecoder('target').push(chunk)) frames.push(raw);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });

  test.each([0, 4, MAX_PACKET_BYTES + 1, 2 ** 31 - 1, 2 ** 32 - 1])(
    'a length of %i ends the channel before anything is allocated',
    (length) => {
      const bytes = Buffer.alloc(9);
      bytes.writeUInt32BE(length);
      for (const chunks of [[bytes], cut(bytes, [1, 2, 3, 4, 5])]) {
        const decoder = sftpDecoder('client');
        expect(() => decode(decoder, chunks)).toThrow(ProtocolError);
        expect(() => decode(decoder, [encodeStatus(1, 0, '')])).toThrow(ProtocolError);
      }
    },
  );

  test('the largest packet passes whole', () => {
    const large = encodePacket(TYPE.DATA, 1, Buffer.alloc(MAX_PACKET_BYTES - 9));
    const [frame] = decode(sftpDecoder('target'), cut(large, [1, 32_768, 65_536]));
    expect(frame?.raw.length).toBe(MAX_PACKET_BYTES + 4);
  });

  test('a field that reaches beyond its packet is no field', () => {
    const short = encodePacket(TYPE.OPEN, 1, 500);
    const [frame] = decode(sftpDecoder('client'), [short]);
    expect(() => new PacketReader('client', frame as SftpFrame).string()).toThrow(ProtocolError);
  });
});
