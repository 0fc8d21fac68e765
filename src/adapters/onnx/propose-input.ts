import { EdgeminerError } from '../../faults.js';
import { firstOperators } from './inspect-graph.js';
import type { InputSpec } from './manifest-schema.js';
import { pixelScales } from './pixel-scales.js';
import type { PixelScale } from './pixel-scales.js';
import type { InspectedModel, Notebook, Told } from './entry-draft.js';
import type { TensorSignature } from './session-messages.js';

type Layout = InputSpec['layout'];
type ElementType = InputSpec['type'];

/** Undefined while something about it is unknown; the notebook then has the question. */
export function proposeInput(
  model: InspectedModel,
  told: Told,
  notes: Notebook,
): InputSpec | undefined {
  const tensor = onlyInput(model);
  const type = elementType(model, tensor);
  const layout = proposeLayout(model, tensor, told, notes);
  const batch = proposeBatch(model, tensor, told, notes);
  const size = proposeSize(tensor, layout, told, notes);
  const pixels = proposePixels(model, tensor.name, type, told, notes);
  const { fit, crop, interpolation } = proposeCut(told, notes);
  const channels = told.channels ?? 'RGB';
  notes.points.push({
    topic: 'channels',
    value: channels,
    by: told.channels === undefined ? 'guess' : 'told',
    why: 'usual; models of OpenCV and Caffe take BGR',
  });
  if (layout === undefined || size === undefined || pixels === undefined) return undefined;
  return {
    ...{ name: tensor.name, layout, type, channels },
    ...(batch === undefined ? {} : { batch }),
    ...size,
    ...pixels,
    ...{ fit, crop, interpolation },
  };
}

function onlyInput({ file, signature }: InspectedModel): TensorSignature {
  const [tensor, ...others] = signature.inputs;
  if (tensor === undefined) throw unsuitable(file, 'it takes no input');
  if (others.length > 0) {
    const all = signature.inputs.map(describeTensor).join(', ');
    throw unsuitable(
      file,
      `it takes ${signature.inputs.length} inputs (${all})`,
      'Export it with the picture as its only input, the others as constants.',
    );
  }
  if (tensor.shape.length !== 0 && tensor.shape.length !== 4) {
    throw unsuitable(
      file,
      `its input ${describeTensor(tensor)} is no batch of pictures, which has 4 axes`,
      'Export it with an input of [batch, 3, height, width] or [batch, height, width, 3].',
    );
  }
  return tensor;
}

function elementType({ file }: InspectedModel, tensor: TensorSignature): ElementType {
  const { type } = tensor;
  if (type === 'float32' || type === 'float16' || type === 'uint8') return type;
  throw unsuitable(
    file,
    `its input ${describeTensor(tensor)} is ${type}`,
    'Export it with an input of float32, float16 or uint8.',
  );
}

function proposeLayout(
  { file }: InspectedModel,
  tensor: TensorSignature,
  told: Told,
  notes: Notebook,
): Layout | undefined {
  const [, second, , last] = tensor.shape;
  const read = layoutOf(second, last);
  if (read === 'neither') {
    throw unsuitable(
      file,
      `its input ${describeTensor(tensor)} has 3 channels on neither side; pictures have 3`,
      'Export a model that takes colour pictures.',
    );
  }
  const shown = describeTensor(tensor);
  if (told.layout !== undefined) {
    if (read !== undefined && read !== told.layout) {
      throw contradicts('--layout', `${told.layout} was told, but the input is ${shown}`);
    }
    notes.points.push({ topic: 'layout', value: told.layout, by: 'told', why: '' });
    return told.layout;
  }
  if (read === undefined) {
    notes.questions.push({
      topic: 'layout',
      text: `The input ${shown} does not say where its channels are. Before the sides, or after?`,
      options: ['NCHW', 'NHWC'],
      suggestion: 'NCHW',
    });
    return undefined;
  }
  const where = read === 'NCHW' ? 'before the sides' : 'last';
  const why = `the input is ${shown}: the channels are ${where}`;
  notes.points.push({ topic: 'layout', value: read, by: 'file', why });
  return read;
}

type Size = number | string | undefined;

/** By where the 3 is, or can't be. */
function layoutOf(second: Size, last: Size): Layout | 'neither' | undefined {
  const can = (size: Size) => typeof size !== 'number' || size === 3;
  if (can(second) && !can(last)) return 'NCHW';
  if (can(last) && !can(second)) return 'NHWC';
  if (!can(second)) return 'neither';
  if (second === 3 && last !== 3) return 'NCHW';
  return last === 3 && second !== 3 ? 'NHWC' : undefined;
}

function proposeBatch(
  { file }: InspectedModel,
  tensor: TensorSignature,
  told: Told,
  notes: Notebook,
): number | undefined {
  const [size] = tensor.shape;
  if (typeof size === 'number') {
    if (size < 1 || size > 64)
      throw unsuitable(file, `it takes batches of ${size}; 1 to 64 can be`);
    if (told.batch !== undefined && told.batch !== size) {
      throw contradicts('--batch', `${told.batch} was told, but the file is made for ${size}`);
    }
    notes.points.push({
      topic: 'batch',
      value: String(size),
      by: 'file',
      why: 'the file fixes it; a free batch would be faster',
    });
    return size;
  }
  if (told.batch !== undefined) {
    notes.points.push({ topic: 'batch', value: String(told.batch), by: 'told', why: '' });
  }
  return told.batch;
}

function proposeSize(
  tensor: TensorSignature,
  layout: Layout | undefined,
  told: Told,
  notes: Notebook,
): Told['size'] {
  const [, second, third, last] = tensor.shape;
  const [height, width] = layout === 'NHWC' ? [second, third] : [third, last];
  const fixed = (size: Size) => (typeof size === 'number' ? size : undefined);
  if (told.size !== undefined) {
    const fits =
      layout === undefined ||
      ((fixed(height) ?? told.size.height) === told.size.height &&
        (fixed(width) ?? told.size.width) === told.size.width);
    if (!fits) {
      throw contradicts(
        '--size',
        `${sizeText(told.size)} was told, but the input is ${describeTensor(tensor)}`,
      );
    }
    notes.points.push({ topic: 'size', value: sizeText(told.size), by: 'told', why: '' });
    return told.size;
  }
  // Which axes are the sides is another question; of both layouts, the third axis is one.
  if (layout === undefined && typeof third === 'number') return undefined;
  const [w, h] = [fixed(width), fixed(height)];
  if (w === undefined || h === undefined) {
    notes.questions.push({
      topic: 'size',
      text: `The input ${describeTensor(tensor)} leaves its size open. Which was it trained with, in pixels (224, or WIDTHxHEIGHT)?`,
      suggestion: String(w ?? h ?? 224),
    });
    return undefined;
  }
  const size = { width: w, height: h };
  notes.points.push({
    topic: 'size',
    value: sizeText(size),
    by: 'file',
    why: `the input is ${describeTensor(tensor)}`,
  });
  return size;
}

function proposePixels(
  { graph }: InspectedModel,
  input: string,
  type: ElementType,
  told: Told,
  notes: Notebook,
): PixelScale | undefined {
  const note = (value: string, by: 'file' | 'guess', why: string, worthAsking = false) =>
    notes.points.push({ topic: 'pixels', value, by, why, worthAsking });
  if (type === 'uint8') {
    if (told.pixels !== undefined && !isAsTheyAre(told.pixels)) {
      throw contradicts(
        '--pixels',
        'the input is uint8, which takes pixels as they are; leave out --pixels, --scale, --mean and --deviation',
      );
    }
    note('bytes', 'file', 'the input is uint8: it takes pixels as they are');
    return pixelScales.bytes;
  }
  if (told.pixels !== undefined) {
    const { scale, mean, std } = told.pixels;
    const value = `(pixel * ${rounded(scale)} - [${mean.map(rounded).join(', ')}]) / [${std.map(rounded).join(', ')}]`;
    notes.points.push({ topic: 'pixels', value, by: 'told', why: '' });
    return told.pixels;
  }
  const first = firstOperators(graph.nodes, input).find((operator) => !harmless.has(operator));
  if (first !== undefined && normalising.has(first)) {
    notes.questions.push({
      topic: 'pixels',
      text: `The graph begins with ${first}, so it seems to normalise by itself. What range of pixels does it expect before that?`,
      options: ['bytes', 'unit', 'imagenet', 'signed', 'clip'],
      suggestion: 'bytes',
    });
    return undefined;
  }
  note(
    'imagenet',
    'guess',
    "the file does not say; ImageNet's mean and deviation are the most usual",
    true,
  );
  return pixelScales.imagenet;
}

const harmless = new Set(['Cast', 'Transpose', 'Identity', 'QuantizeLinear', 'DequantizeLinear']);
const normalising = new Set(['Sub', 'Div', 'Mul', 'Add']);

function proposeCut(told: Told, notes: Notebook) {
  const fit = told.fit ?? 'crop';
  const crop = told.crop ?? (fit === 'squash' ? 1 : 0.875);
  const interpolation = told.interpolation ?? 'bilinear';
  const by = (topic: 'fit' | 'crop' | 'interpolation') =>
    told[topic] === undefined ? ('guess' as const) : ('told' as const);
  notes.points.push(
    { topic: 'fit', value: fit, by: by('fit'), why: 'usual; squash takes the whole picture' },
    { topic: 'crop', value: String(crop), by: by('crop'), why: 'usual (224 out of 256)' },
    { topic: 'interpolation', value: interpolation, by: by('interpolation'), why: 'usual' },
  );
  return { fit, crop, interpolation };
}

function isAsTheyAre({ scale, mean, std }: PixelScale): boolean {
  return scale === 1 && mean.every((value) => value === 0) && std.every((value) => value === 1);
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(5)));
}

function sizeText({ width, height }: { readonly width: number; readonly height: number }): string {
  return `${width}x${height}`;
}

/** Such as `image [batch, 3, 224, 224]`. */
export function describeTensor({ name, type, shape }: TensorSignature): string {
  const sizes = shape.map((size) => (size === '' ? '?' : size)).join(', ');
  return `"${name}" [${shape.length === 0 ? 'any shape' : sizes}]${type === 'float32' ? '' : ` of ${type}`}`;
}

export function unsuitable(file: string, why: string, mend?: string): EdgeminerError {
  return new EdgeminerError('model.unsuitable', `${file} can't embed pictures: ${why}`, {
    field: 'file',
    mend: mend ?? 'Export it again, or take another model.',
  });
}

export function contradicts(flag: string, why: string): EdgeminerError {
  return new EdgeminerError('input.invalid', `${flag}: ${why}`, {
    field: flag,
    mend: `Correct or leave out ${flag}.`,
  });
}
