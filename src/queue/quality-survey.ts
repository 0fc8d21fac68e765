import type { ModelName } from '../ids.js';
import { rate } from '../label/agreement/interval.js';
import type { Rate } from '../label/agreement/interval.js';
import { anchoring } from '../label/agreement/pre-annotation.js';
import type { Anchoring } from '../label/agreement/pre-annotation.js';
import { qualityReport } from '../label/agreement/quality-report.js';
import type { QualityReport, ReportedTask } from '../label/agreement/quality-report.js';
import type { AnnotatorGuard, AnnotatorStanding } from './annotator-guard.js';
import { labelHash } from './audit.js';
import type { TaskReader } from './relabel-queue.js';
import type { AgainstPrediction, Task } from './task.js';
import { taskPages } from './task-pages.js';

/** How good the labels are, as far as the queue can tell. */
export interface QualitySurvey {
  /** Tasks with opinions that were looked at; at most `most`. */
  readonly tasks: number;
  /** Whether there were more; task ids are hashes, so what was looked at is a random part. */
  readonly cut: boolean;
  /** The whole, and each stratum with several opinions on some task, by name. */
  readonly strata: readonly Stratum[];
  readonly annotators: readonly AnnotatorStanding[];
  readonly preAnnotation: PreAnnotationReport;
  readonly secondLooks: SecondLookReport;
}

export interface Stratum {
  /** `all`, `model NAME` or `reason NAME`. */
  readonly name: string;
  readonly report: QualityReport;
}

/** By what was kept with each opinion. */
export interface PreAnnotationReport {
  /** Opinions on tasks that showed the prediction, and those of them that left it as it was. */
  readonly accepted: Rate;
  /** Mean of 1 - IoU of shown boxes that were kept, 0..1; NaN where there are none. */
  readonly meanShift: number;
  readonly anchoring: Anchoring;
}

export interface SecondLookReport {
  readonly begun: number;
  /** Of those that ended in a label: the label stayed as it was. */
  readonly stood: Rate;
}

export interface SurveyOptions {
  readonly reader: Pick<TaskReader, 'list'>;
  readonly guard: Pick<AnnotatorGuard, 'annotators'>;
  readonly model?: ModelName | undefined;
  /** Most tasks with opinions. */
  readonly most: number;
  readonly now: number;
}

const pageSize = 500;

/** What of a task the survey keeps. */
interface Surveyed extends ReportedTask {
  readonly strata: readonly string[];
}

export async function surveyQuality(options: SurveyOptions): Promise<QualitySurvey> {
  const { guard, most } = options;
  const surveyed: Surveyed[] = [];
  const predictions: AgainstPrediction[] = [];
  let [begun, ended, stood] = [0, 0, 0];
  let cut = false;
  for await (const task of allTasks(options)) {
    if (task.opinions.length === 0) continue;
    if (surveyed.length === most) {
      cut = true;
      break;
    }
    surveyed.push(surveyedTask(task));
    for (const { prediction } of task.opinions) {
      if (prediction !== undefined) predictions.push(prediction);
    }
    const looks = task.secondLooks ?? [];
    begun += looks.length;
    for (const look of looks) {
      const result = labelAfter(task, look.round);
      if (result === undefined) continue;
      ended += 1;
      if (result === look.label) stood += 1;
    }
  }
  return {
    tasks: surveyed.length,
    cut,
    strata: strataOf(surveyed),
    annotators: await guard.annotators(),
    preAnnotation: preAnnotationReport(predictions),
    secondLooks: { begun, stood: rate(stood, ended) },
  };
}

function strataOf(surveyed: readonly Surveyed[]): readonly Stratum[] {
  const all = qualityReport(surveyed);
  const names = [...new Set(surveyed.flatMap(({ strata }) => strata))].sort();
  const strata = names.flatMap((name) => {
    const own = surveyed.filter((one) => one.strata.includes(name));
    // Where everybody was alone there is nothing to agree on.
    if (!own.some(({ opinions }) => opinions.length > 1)) return [];
    return [{ name, report: own.length === surveyed.length ? all : qualityReport(own) }];
  });
  return [{ name: 'all', report: all }, ...strata];
}

/** With the opinions of the latest round that has some. */
function surveyedTask(task: Task): Surveyed {
  const { id, opinions, predictions, image, modelName, decision } = task;
  const latest = Math.max(...opinions.map(({ round }) => round));
  const own = opinions.filter(({ round }) => round === latest);
  return {
    task: id,
    opinions: own.map(({ annotator, body }) => ({ annotator, body })),
    predictions,
    image,
    predictionHidden: own.some(({ prediction }) => prediction?.shown === false),
    strata: [`model ${modelName}`, ...decision.reasons.map((reason) => `reason ${reason}`)],
  };
}

function preAnnotationReport(all: readonly AgainstPrediction[]): PreAnnotationReport {
  const shown = all.flatMap((one) => (one.shown ? [one.edit] : []));
  const said = shown.filter((edit) => edit.kind !== 'no-prediction');
  let [kept, shift] = [0, 0];
  for (const edit of said) {
    if (!('meanShift' in edit) || edit.kept === 0) continue;
    kept += edit.kept;
    shift += edit.kept * edit.meanShift;
  }
  return {
    accepted: rate(said.filter(({ accepted }) => accepted).length, said.length),
    meanShift: shift / kept,
    anchoring: anchoring(all.map(({ shown: seen, edit }) => ({ hidden: !seen, edit }))),
  };
}

/** `labelHash` of the label that a second look led to; undefined while it is open. */
function labelAfter({ label, round, secondLooks = [] }: Task, from: number): string | undefined {
  const next = secondLooks.find((look) => look.round > from);
  if (next !== undefined) return next.label;
  return label === undefined || round < from ? undefined : labelHash(label.body);
}

async function* allTasks({ reader, model, now }: SurveyOptions): AsyncGenerator<Task> {
  const filter = model === undefined ? {} : { modelName: model };
  for await (const page of taskPages(reader, filter, pageSize, () => now)) yield* page;
}
