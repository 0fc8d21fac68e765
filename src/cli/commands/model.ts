import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { addModel } from '../model/add.js';
import type { AddOptions } from '../model/add.js';
import { checkModels } from '../model/check.js';
import type { CheckOptions } from '../model/check.js';
import { listModels } from '../model/list.js';
import { pixelHelp } from '../model/told.js';
import { withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import type { World } from '../world.js';

export function modelCommand(parent: Command, world: World): void {
  const model = parent.command('model').description('ONNX models that embed pictures');
  const add = model
    .command('add')
    .description('inspect an ONNX file, try it, and enter it in the manifest')
    .argument('<file>', 'ONNX file; weights beside it are found')
    .option('--name <name>', 'what settings call it (default: from the file)')
    .option('--licence <name>', 'terms of its weights, such as Apache-2.0')
    .option('--source <text>', 'where it comes from, for people')
    .option('--embedding <output>', 'output that embeds')
    .option('--pool <how>', 'of a map or tokens: mean or first')
    .option('--logits <output>', 'output of class scores before softmax, or none')
    .option('--classes <file>', 'their names in order: a JSON list, or one a line')
    .option('--pixels <range>', 'imagenet, clip, signed, unit or bytes; see below')
    .option('--scale <factor>', 'pixels are multiplied by it first: 1/255, or 1')
    .option('--mean <r,g,b>', 'subtracted then; one number, or one each for R, G, B')
    .option('--deviation <r,g,b>', 'divided by then')
    .option('--size <size>', 'pixels of its input: 224, or WIDTHxHEIGHT')
    .option('--layout <layout>', 'NCHW or NHWC')
    .option('--channels <order>', 'RGB or BGR (default: RGB)')
    .option('--batch <count>', 'pictures of one run, where it takes no other number')
    .option('--fit <how>', 'crop the centre, or squash the whole picture (default: crop)')
    .option('--crop <share>', 'share of the side that is kept (default: 0.875; squash: 1)')
    .option('--interpolation <kernel>', 'bilinear or bicubic (default: bilinear)')
    .option('--copy', 'copy it beside the manifest, instead of naming where it is')
    .option('--replace', 'put it in the place of an entry of that name')
    .option('--dry-run', 'try it and show the entry, but write nothing')
    .option('--yes', 'ask nothing: take the guesses, refuse what is not known');
  withGlobalOptions(
    add.addHelpText(
      'after',
      `\nPixels:\n${pixelHelp()
        .map((line) => `  ${line}\n`)
        .join('')}`,
    ),
    'edgeminer model add ./dino.onnx --licence Apache-2.0 --pixels imagenet --size 224',
  ).action((file: string, options: AddOptions) => addModel(world, file, options));

  withGlobalOptions(
    model.command('list').description('show the models of the manifest'),
    'edgeminer model list',
  ).action((options: GlobalOptions) => listModels(world, options));

  withGlobalOptions(
    model
      .command('check')
      .description('run each model on ten pictures, and compare with what is stored of them')
      .argument('[name]', 'one model (default: all)')
      .option('--tolerance <share>', 'largest 1 - cosine that counts as the same', share, 0.001)
      .option('--store', 'store what it makes of them now, to compare with later'),
    'edgeminer model check efficientnet-lite0',
  ).action((name: string | undefined, options: CheckOptions) => checkModels(world, name, options));
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 1.');
}
