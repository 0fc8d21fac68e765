import type { PixelPlane } from '../../image/decoded-image.js';

/** Made of whole numbers only: the same bytes on every machine. Never change one; add a set. */
type Paint = (x: number, y: number) => readonly [number, number, number];

const sizes = [
  [320, 240],
  [240, 320],
  [224, 224],
  [512, 288],
  [96, 96],
] as const;

const paints: readonly Paint[] = [
  // A slope of each colour in a direction of its own.
  (x, y) => [byte(x >> 1), byte(y), byte((x + y) >> 1)],
  // Squares.
  (x, y) => (((x >> 4) + (y >> 4)) % 2 === 0 ? [230, 225, 215] : [25, 40, 60]),
  // Slanting stripes, wider towards the right.
  (x, y) => {
    const on = (x * x + 300 * y) % 24_000 < 12_000;
    return on ? [200, 60, 40] : [40, 90, 190];
  },
  // Rings.
  (x, y) => {
    const ring = ((x - 120) ** 2 + (y - 110) ** 2) >> 9;
    return [byte(40 * (ring % 6)), byte(255 - 30 * (ring % 8)), byte(20 * (ring % 11))];
  },
  // Grain.
  (x, y) => [scatter(x, y, 1), scatter(x, y, 2), scatter(x, y, 3)],
  // Patches of one colour each.
  (x, y) => [scatter(x >> 5, y >> 5, 4), scatter(x >> 5, y >> 5, 5), scatter(x >> 5, y >> 5, 6)],
  // A dark room with a lit window.
  (x, y) =>
    x > 60 && x < 130 && y > 50 && y < 140 ? [250, 240, 190] : [12, 10, byte(8 + (y >> 4))],
  // Sky above grass.
  (x, y) =>
    y < 100 ? [120, byte(160 + (y >> 1)), 240] : [byte(40 + (scatter(x, y, 7) >> 2)), 120, 30],
  // A ball on a table.
  (x, y) => {
    const far = (x - 250) ** 2 + (y - 140) ** 2;
    return far < 8100
      ? [byte(240 - (far >> 6)), byte(90 - (far >> 8)), 40]
      : [150, 130, byte(110 + (y >> 3))];
  },
  // Fine lines on a pale ground.
  (x, y) => (x % 7 === 0 || y % 11 === 0 ? [30, 30, 35] : [235, byte(200 + (x >> 3)), 220]),
];

/** The ten pictures by which a model's embeddings are known again. */
export function checkPictures(): PixelPlane[] {
  return paints.map((paint, index) => {
    const [width, height] = sizes[index % sizes.length] ?? sizes[0];
    const rgb = new Uint8Array(width * height * 3);
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) rgb.set(paint(x, y), 3 * (y * width + x));
    }
    return { width, height, rgb };
  });
}

function byte(value: number): number {
  return Math.max(0, Math.min(255, value));
}

/** A level that looks drawn by lot: whole-number mixing of place and salt. */
function scatter(x: number, y: number, salt: number): number {
  let mixed =
    Math.imul(x + 1, 0x9e3779b1) ^ Math.imul(y + 1, 0x85ebca77) ^ Math.imul(salt, 0xc2b2ae3d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return (mixed ^ (mixed >>> 15)) & 0xff;
}
