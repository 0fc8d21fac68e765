/** One thing that CVAT says of a picture: a tag, or a shape with a place. */
export interface CvatMark {
  /** CVAT's name of the shape, `tag` for none: `rectangle`, `polygon`, `polyline`, `mask`... */
  readonly type: string;
  readonly label: string;
  /** Pixels: x and y by turns; of a rectangle, the top-left and the bottom-right corner. */
  readonly points: readonly number[];
  /** Degrees, clockwise about the middle. */
  readonly rotation: number;
  readonly occluded: boolean;
  /** The object has left the picture. */
  readonly outside: boolean;
  readonly zOrder: number;
  /** 0 for none. */
  readonly group: number;
  readonly attributes: readonly CvatAttribute[];
  /** Where it was found, for messages. */
  readonly where: string;
}

export interface CvatAttribute {
  readonly name: string;
  readonly value: string;
}

/** A mark with nothing unusual about it. */
export function plainMark(
  type: 'tag' | 'rectangle' | 'polygon',
  label: string,
  points: readonly number[],
  attributes: readonly CvatAttribute[],
): CvatMark {
  return {
    type,
    label,
    points,
    rotation: 0,
    occluded: false,
    outside: false,
    zOrder: 0,
    group: 0,
    attributes,
    where: label,
  };
}
