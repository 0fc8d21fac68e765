import { decompress as decompressZstd } from 'fzstd';
import kafkajs from 'kafkajs';
import { decompressFrame } from 'lz4-napi';
import snappy from 'snappyjs';

// CommonJS, whose names Node can't all see: taken from the default export.
const { CompressionCodecs, CompressionTypes } = kafkajs;

/** snappy-java frames its blocks so; librdkafka may send one bare block instead. */
const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const xerialHeaderBytes = 16;

/**
 * Teaches kafkajs, for the whole process, to read what producers compress with Snappy, LZ4 and
 * Zstandard; gzip it has built in. edgeminer itself writes plain or gzip only.
 */
export function registerCodecs(): void {
  CompressionCodecs[CompressionTypes.Snappy] = () => readOnly('Snappy', uncompressSnappy);
  CompressionCodecs[CompressionTypes.LZ4] = () => readOnly('LZ4', decompressFrame);
  CompressionCodecs[CompressionTypes.ZSTD] = () =>
    readOnly('Zstandard', (bytes) => decompressZstd(bytes));
}

function readOnly(name: string, decompress: (bytes: Buffer) => Uint8Array | Promise<Uint8Array>) {
  return {
    compress: async () => {
      throw new Error(`edgeminer does not write ${name}`);
    },
    decompress: async (bytes: Buffer) => asBuffer(await decompress(bytes)),
  };
}

function uncompressSnappy(bytes: Buffer): Uint8Array {
  if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) return snappy.uncompress(bytes);
  const blocks: Uint8Array[] = [];
  for (let at = xerialHeaderBytes; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    at += 4;
    blocks.push(snappy.uncompress(bytes.subarray(at, at + length)));
    at += length;
  }
  return Buffer.concat(blocks);
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
