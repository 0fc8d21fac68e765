import type {
  PassedOver,
  PictureSurvey,
  Unmatched,
} from '../adapters/directory/survey-pictures.js';
import type { World } from './world.js';

/** Said before the pictures are read, which may take hours; results for machines name it again. */
export function warnOf(world: World, survey: PictureSurvey): void {
  for (const line of surveyLines(survey)) world.stderr.write(`${line}\n`);
}

/** What of a survey somebody should know before the pictures are read; nothing where all is well. */
function surveyLines({ passedOver, unmatched }: PictureSurvey): string[] {
  return [
    ...unmatched.map(unmatchedLine),
    ...(passedOver.length === 0 ? [] : [`passed over: ${passedOver.map(kindText).join('; ')}`]),
  ];
}

function unmatchedLine({ file, count, of, example }: Unmatched): string {
  return (
    `warning: ${file} names ${of} ${of === 1 ? 'path' : 'paths'}, and ${count} of them ` +
    `${count === 1 ? 'is no picture' : 'are no pictures'} there, such as ${example}`
  );
}

function kindText({ what, count, example }: PassedOver): string {
  const several = count === 1 ? '' : 's';
  const files =
    what === 'no picture'
      ? `${count} file${several} that ${count === 1 ? 'is no picture' : 'are no pictures'}`
      : what === 'unreadable'
        ? `${count} file${several} that can't be read`
        : `${count} ${what} picture${several}, which edgeminer does not read`;
  return `${files}, such as ${example}`;
}
