import type { Command } from 'commander';
import { annotatorId, modelName } from '../../ids.js';
import type { Coefficient } from '../../label/agreement/coefficient.js';
import type { KindReport, QualityReport } from '../../label/agreement/quality-report.js';
import { findSuspicious, lookAgain } from '../../queue/second-look.js';
import type { SuspectedLabel } from '../../queue/second-look.js';
import { computeWeights } from '../../queue/weights.js';
import { surveyQuality } from '../../queue/quality-survey.js';
import type { QualitySurvey } from '../../queue/quality-survey.js';
import { wholeNumber } from '../arguments.js';
import { atDesk } from '../at-desk.js';
import { print, table } from '../output.js';
import { withGlobalOptions } from '../settings.js';
import type { GlobalOptions } from '../settings.js';
import type { World } from '../world.js';
import { rateCells } from './queue-gold.js';

interface SecondLookOptions extends GlobalOptions {
  readonly by: string;
  readonly model?: string;
  readonly limit: number;
  readonly dryRun?: boolean;
}

/** How good the labels are, and the labels that want a second look. */
export function qualityCommands(queue: Command, world: World): void {
  withGlobalOptions(
    queue
      .command('second-look')
      .description('send labels round again that the model or the other boxes speak against')
      .requiredOption('--by <name>', 'who says so')
      .option('--model <name>', 'only labels of this model')
      .option('--limit <n>', 'most tasks, the strongest suspicions first', wholeNumber(1), 100)
      .option('--dry-run', 'show them only'),
    'edgeminer queue second-look --by ada --dry-run',
  ).action((options: SecondLookOptions) =>
    atDesk(world, options, async ({ stores }) => {
      const model = options.model === undefined ? undefined : modelName(options.model);
      const found = await findSuspicious(stores.queue, {
        model,
        limit: options.limit,
        now: world.now(),
      });
      const { checked, settled, suspects } = found;
      const sent =
        options.dryRun === true
          ? []
          : await lookAgain(stores.queue, suspects, {
              by: annotatorId(options.by),
              now: world.now(),
            });
      const result = { checked, settled, neighbours: 'not-known', suspects, sent: sent.length };
      print(world, result, options.json, () => [
        ...suspects.flatMap(suspectLines),
        `${checked} labels were looked at, without their neighbours: the queue keeps no embeddings`,
        `${settled} of them stand: people kept them at a second look, or an adjudicator decided`,
        options.dryRun === true
          ? `${suspects.length} would go round again`
          : `${sent.length} go round again`,
      ]);
    }),
  );

  withGlobalOptions(
    queue
      .command('weigh')
      .description(
        'learn what annotators are worth from all opinions; for queue.consensus: dawid-skene',
      )
      .requiredOption('--by <name>', 'who says so'),
    'edgeminer queue weigh --by ada',
  ).action((options: GlobalOptions & { by: string }) =>
    atDesk(world, options, async ({ stores }) => {
      const found = await computeWeights(stores.queue, stores.golds, {
        by: annotatorId(options.by),
        now: world.now(),
      });
      for (const { kind, weights } of found) {
        if (kind === 'learnt') await stores.weights.publish(weights);
      }
      const shown = found.map(({ kind, weights: { labelSet, id, tasks, skills } }) => ({
        labelSet,
        outcome: kind,
        id,
        tasks,
        annotators: skills.confusions.size,
      }));
      print(world, shown, options.json, (rows) =>
        rows.length === 0
          ? ['no task has the opinions of several people on its class']
          : table([
              ['label set', 'outcome', 'tasks', 'annotators', 'weights'],
              ...rows.map((row) => [
                row.labelSet,
                row.outcome,
                row.tasks,
                row.annotators,
                row.id.slice(0, 12),
              ]),
            ]),
      );
    }),
  );

  withGlobalOptions(
    queue
      .command('quality')
      .description('agreement, gold tasks, confused classes, what predictions do to labels')
      .option('--model <name>', 'only tasks of this model')
      .option('--most <n>', 'most tasks that are looked at', wholeNumber(1), 20_000),
    'edgeminer queue quality --model animals',
  ).action((options: GlobalOptions & { model?: string; most: number }) =>
    atDesk(world, options, async ({ stores, labelling }) => {
      const survey = await surveyQuality({
        reader: stores.queue,
        guard: labelling.guard,
        model: options.model === undefined ? undefined : modelName(options.model),
        most: options.most,
        now: world.now(),
      });
      print(world, survey, options.json, surveyLines);
    }),
  );
}

function suspectLines({ task, strength, reasons }: SuspectedLabel): string[] {
  return [`${task}  ${strength.toFixed(2)}`, ...reasons.map(({ reason }) => `  ${reason}`)];
}

function surveyLines(survey: QualitySurvey): string[] {
  const { tasks, cut, strata, annotators, preAnnotation, secondLooks } = survey;
  if (tasks === 0) return ['no task has an opinion yet'];
  const parts = strata.flatMap(({ name, report }) =>
    Object.entries<QualityReport[keyof QualityReport]>({ ...report }).flatMap(([kind, part]) =>
      isKindReport(part) ? [{ name, kind, part }] : [],
    ),
  );
  const whole = parts.filter(({ name }) => name === 'all');
  const people = whole.flatMap(({ kind, part }) =>
    part.annotators.map((one) => [
      one.annotator,
      kind,
      one.answers,
      `${(one.accuracy * 100).toFixed(1)} %`,
      one.kappas.map((each) => `${each.with} ${coefficient(each.kappa)}`).join(', '),
    ]),
  );
  const pairs = whole.flatMap(({ part }) =>
    part.ambiguousPairs
      .slice(0, 20)
      .map(({ classes, betweenAnnotators, againstModel, share }) => [
        classes.join(' / '),
        betweenAnnotators,
        againstModel,
        `${(share * 100).toFixed(1)} %`,
      ]),
  );
  const gold = annotators.filter(({ quality }) => quality !== undefined);
  const { accepted, meanShift, anchoring } = preAnnotation;
  const { shown, hidden, difference, interval } = anchoring;
  const more = (difference * 100).toFixed(1);
  const [low, high] = [interval.low, interval.high].map((one) => (one * 100).toFixed(1));
  return [
    `${tasks} tasks with opinions${cut ? ', a random part of all' : ''}`,
    '',
    ...table([
      ['stratum', 'labels', 'tasks', 'opinions', 'alpha'],
      ...parts.map(({ name, kind, part }) => [
        name,
        kind,
        part.tasks,
        part.opinions,
        coefficient(part.alpha),
      ]),
    ]),
    ...section(['annotator', 'labels', 'answers', 'likely right', 'kappa with'], people),
    ...section(
      ['annotator', 'gold', 'right', 'share', '95 %', 'state'],
      gold.map(({ annotator, quality, pause }) => [
        annotator,
        ...rateCells(quality?.tasks),
        pause === undefined ? '' : 'paused',
      ]),
    ),
    ...section(['confused classes', 'between people', 'against the model', 'share'], pairs),
    '',
    accepted.of === 0
      ? 'no opinion is known to have been given beside a prediction'
      : `predictions: ${accepted.held} of ${accepted.of} that were shown were left as they were${Number.isNaN(meanShift) ? '' : `, boxes moved by ${(meanShift * 100).toFixed(1)} % of their area (1 - IoU)`}`,
    ...(shown.of > 0 && hidden.of > 0
      ? [
          `anchoring: labels agree with the model ${more} points oftener where it is shown (95 %: ${low ?? ''} to ${high ?? ''})`,
        ]
      : []),
    `second looks: ${secondLooks.begun} begun, ${secondLooks.stood.of} done, ${secondLooks.stood.held} labels stood`,
  ];
}

function section(
  heading: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string[] {
  return rows.length === 0 ? [] : ['', ...table([heading, ...rows])];
}

/** Of one kind of labels; undefined where there are none of it. */
function isKindReport(part: QualityReport[keyof QualityReport]): part is KindReport {
  return part !== undefined && 'alpha' in part;
}

function coefficient(found: Coefficient): string {
  return found.kind === 'measured' ? found.value.toFixed(3) : '-';
}
