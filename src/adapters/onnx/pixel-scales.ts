import type { InputSpec } from './manifest-schema.js';

/** How a model wants its pixels: (pixel * scale - mean) / std, per channel R, G, B. */
export type PixelScale = Pick<InputSpec, 'scale' | 'mean' | 'std'>;

export const pixelScaleNames = ['imagenet', 'clip', 'signed', 'unit', 'bytes'] as const;
export type PixelScaleName = (typeof pixelScaleNames)[number];

const each = (value: number) => [value, value, value] as [number, number, number];

/** The usual ones, by a name of our own. */
export const pixelScales: Readonly<Record<PixelScaleName, PixelScale>> = {
  // torchvision's and timm's classifiers.
  imagenet: { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  // OpenAI's CLIP and those trained like it.
  clip: {
    scale: 1 / 255,
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711],
  },
  signed: { scale: 1 / 255, mean: each(0.5), std: each(0.5) },
  unit: { scale: 1 / 255, mean: each(0), std: each(1) },
  bytes: { scale: 1, mean: each(0), std: each(1) },
};

/** What the names mean, for people. */
export const pixelScaleMeanings: Readonly<Record<PixelScaleName, string>> = {
  imagenet: "ImageNet's mean and deviation",
  clip: "CLIP's mean and deviation",
  signed: '-1 to 1',
  unit: '0 to 1',
  bytes: '0 to 255, as they are',
};
