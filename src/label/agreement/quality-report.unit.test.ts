import { describe, expect, it } from 'vitest';
import { annotatorId, taskId } from '../../ids.js';
import type { LabelBody, LabelledBox } from '../label.js';
import { crew, simulate } from '../../../test/label/simulated-annotators.js';
import { noObject, qualityReport } from './quality-report.js';
import type { ReportedTask } from './quality-report.js';

const image = { width: 200, height: 100 };

function reported(name: string, bodies: readonly (readonly [string, LabelBody])[]): ReportedTask {
  return {
    task: taskId(name),
    opinions: bodies.map(([who, body]) => ({ annotator: annotatorId(who), body })),
    predictions: { kind: 'none' },
    image,
    predictionHidden: false,
  };
}

describe('qualityReport', () => {
  it('ranks simulated annotators, and names the pair that one of them confuses', () => {
    const { tasks, ratings } = simulate('report', { tasks: 300, overlap: 5, ambiguousShare: 0 });
    const { classes, boxes } = qualityReport(
      tasks.map((task) =>
        reported(
          task.name,
          ratings
            .filter(({ unit }) => unit === task.name)
            .map((rating) => [rating.annotator, { kind: 'class', class: rating.class }]),
        ),
      ),
    );
    expect(boxes).toBeUndefined();
    expect(classes).toMatchObject({ tasks: 300, opinions: 1500 });
    expect(classes?.ambiguousPairs[0]?.classes).toEqual(['dog', 'wolf']);
    const accuracies = new Map(classes?.annotators.map((one) => [one.annotator, one.accuracy]));
    expect([...accuracies.keys()]).toEqual(crew.map(({ name }) => name).sort());
    for (const { name } of crew.slice(0, 3)) expect(accuracies.get(name)).toBeGreaterThan(0.8);
    expect(accuracies.get(annotatorId('careless'))).toBeLessThan(0.75);
    expect(accuracies.get(annotatorId('malicious'))).toBeLessThan(0.3);
    const [one] = classes?.annotators.filter(({ annotator }) => annotator === 'good 1') ?? [];
    const kappas = new Map(one?.kappas.map(({ with: other, kappa }) => [other, kappa]));
    const value = (name: string): number => {
      const kappa = kappas.get(annotatorId(name));
      return kappa?.kind === 'measured' ? kappa.value : Number.NaN;
    };
    expect(value('good 2')).toBeGreaterThan(0.6);
    expect(value('malicious')).toBeLessThan(0);
  });

  it('takes boxes object by object', () => {
    const cat: LabelledBox = { class: 'cat', x: 0, y: 0, width: 20, height: 20 };
    const dog: LabelledBox = { class: 'dog', x: 100, y: 0, width: 20, height: 20 };
    const drawn = (...boxes: LabelledBox[]): LabelBody => ({ kind: 'boxes', boxes });
    const report = qualityReport([
      {
        ...reported('one', [
          ['ada', drawn(cat, dog)],
          ['bob', drawn({ ...cat, x: 1 })],
        ]),
        predictions: {
          kind: 'detection',
          imageWidth: 100,
          imageHeight: 50,
          boxes: [{ label: 'wolf', score: 0.8, x: 50, y: 0, width: 10, height: 10 }],
        },
      },
      reported('two', [
        ['ada', drawn(dog)],
        ['bob', drawn(dog)],
      ]),
      reported('none yet', []),
    ]);
    expect(report.classes).toBeUndefined();
    expect(report.boxes).toMatchObject({ tasks: 2, opinions: 4, f1: 4 / 5 });
    expect(report.boxes?.meanIou).toBeCloseTo((1 + 380 / 420) / 2, 12);
    expect(report.boxes?.alpha).toMatchObject({ kind: 'measured', units: 3 });
    expect(report.boxes?.ambiguousPairs).toContainEqual({
      classes: [noObject, 'dog'],
      betweenAnnotators: 1,
      againstModel: 0,
      share: 1 / 2,
    });
    expect(report.boxes?.ambiguousPairs).toContainEqual(
      expect.objectContaining({ classes: ['dog', 'wolf'], againstModel: 1 }),
    );
  });

  it('of nothing says nothing', () => {
    expect(qualityReport([])).toMatchObject({ classes: undefined, boxes: undefined });
  });
});
