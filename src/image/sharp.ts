import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import sharp from 'sharp';

/**
 * sharp as edgeminer uses it; every file of this room imports it from here. Set once for the
 * process: production images are untrusted, so only the loaders of the four accepted formats
 * stay open (no SVG, PDF, TIFF, GIF or raw-camera parsers), and many images are in flight on few
 * cores, so each is worked on by one thread, with no cache between them.
 */
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpegBuffer',
    'VipsForeignLoadPngBuffer',
    'VipsForeignLoadWebpBuffer',
    // AVIF; the prebuilt libvips has no HEVC decoder, and content-type.ts lets no HEIC through.
    'VipsForeignLoadHeifBuffer',
  ],
});
sharp.cache(false);
sharp.concurrency(1);

/**
 * Pictures that are worked on at once: one per core. More would not be done sooner, and would
 * take the cores from the thread that keeps heartbeats and HTTP; the thread pool's other threads
 * stay free for files and names.
 */
export const inTurn = pLimit(availableParallelism());

export { sharp };
