import type { Coefficient } from '../label/agreement/coefficient.js';
import type { Rate } from '../label/agreement/interval.js';
import type { BoxReport, KindReport } from '../label/agreement/quality-report.js';
import { plainBody } from '../label/plain-body.js';
import type { AnnotatorStanding } from '../queue/annotator-guard.js';
import type { GoldUse } from '../queue/gold-desk.js';
import type { QualitySurvey } from '../queue/quality-survey.js';
import type {
  AnnotatorJson,
  CoefficientJson,
  GoldTaskJson,
  KindReportJson,
  QualityReportJson,
  ShapeReportJson,
} from './quality-schemas.js';
import { isoTime } from './task-json.js';

/** Pairs of confused classes that a report names. */
const mostPairs = 100;

export function goldJson({ gold, answers, right }: GoldUse): GoldTaskJson {
  return {
    task: gold.task,
    model: gold.facts.modelName,
    project: gold.facts.project ?? null,
    label: plainBody(gold.body),
    labelSet: gold.labelSet,
    addedBy: gold.addedBy,
    addedAt: isoTime(gold.addedAt),
    retiredAt: gold.retiredAt === undefined ? null : isoTime(gold.retiredAt),
    answers,
    right,
  };
}

export function annotatorJson(standing: AnnotatorStanding): AnnotatorJson {
  const { annotator, turns, judgement, quality, pause, pauses } = standing;
  return {
    annotator,
    turns,
    // What would pause somebody does so when they ask for tasks the next time.
    state: pause !== undefined ? 'paused' : judgement.kind === 'ok' ? 'ok' : 'watch',
    reason: judgement.reason,
    gold: {
      ...rateJson(quality?.tasks ?? noAnswers),
      classes: (quality?.classes ?? []).map((one) => ({ class: one.class, ...rateJson(one) })),
    },
    pauses: pauses.map(({ at, reason, reopened, resumed }) => ({
      at: isoTime(at),
      reason,
      reopened: reopened?.length ?? null,
      resumed: resumed === undefined ? null : { ...resumed, at: isoTime(resumed.at) },
    })),
  };
}

const noAnswers: Rate = { held: 0, of: 0, share: NaN, interval: { low: 0, high: 1 } };

export function qualityJson(survey: QualitySurvey): QualityReportJson {
  const { tasks, cut, strata, preAnnotation, secondLooks } = survey;
  const { accepted, meanShift, anchoring } = preAnnotation;
  return {
    tasks,
    cut,
    strata: strata.map(({ name, report }) => ({
      name,
      classes: report.classes === undefined ? null : kindJson(report.classes),
      severalClasses: report.severalClasses === undefined ? null : kindJson(report.severalClasses),
      boxes: report.boxes === undefined ? null : shapeJson(report.boxes),
      polygons: report.polygons === undefined ? null : shapeJson(report.polygons),
    })),
    predictions: {
      accepted: rateJson(accepted),
      meanShift: finite(meanShift),
      shown: rateJson(anchoring.shown),
      hidden: rateJson(anchoring.hidden),
      difference: finite(anchoring.difference),
      interval: { ...anchoring.interval },
    },
    secondLooks: { begun: secondLooks.begun, stood: rateJson(secondLooks.stood) },
  };
}

function kindJson({
  tasks,
  opinions,
  alpha,
  annotators,
  ambiguousPairs,
}: KindReport): KindReportJson {
  return {
    tasks,
    opinions,
    alpha: coefficientJson(alpha),
    annotators: annotators.map(({ kappas, ...one }) => ({
      ...one,
      kappas: kappas.map((each) => ({ with: each.with, kappa: coefficientJson(each.kappa) })),
    })),
    confusedClasses: ambiguousPairs
      .slice(0, mostPairs)
      .map(({ classes, ...pair }) => ({ ...pair, classes: [...classes] })),
  };
}

function shapeJson(report: KindReport & BoxReport): ShapeReportJson {
  return { ...kindJson(report), f1: finite(report.f1), meanIou: finite(report.meanIou) };
}

function coefficientJson(coefficient: Coefficient): CoefficientJson {
  return { ...coefficient };
}

function rateJson({ held, of, share, interval }: Rate) {
  return { held, of, share: finite(share), interval: { ...interval } };
}

/** JSON has no NaN. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
