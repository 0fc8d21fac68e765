import { scorers } from '../score/registry.js';
import { isOwnSignal, ownSignal } from '../score/signal.js';
import type { Settings } from './schema.js';

export interface NameProblem {
  readonly path: readonly string[];
  readonly problem: string;
}

/** Names in the settings that point at nothing, and choices that exclude each other. */
export function checkReferences(settings: Settings): NameProblem[] {
  const problems: NameProblem[] = [];
  settings.models.forEach((model, index) => {
    const at = (key: string) => ['models', String(index), key];
    if (model.labelSet !== undefined && !(model.labelSet in settings.labelSets)) {
      problems.push({
        path: at('labelSet'),
        problem: `there is no label set '${model.labelSet}' under labelSets (${listed(settings.labelSets)})`,
      });
    }
    if (model.policy !== 'default' && !(model.policy in settings.policies)) {
      problems.push({
        path: at('policy'),
        problem: `there is no policy '${model.policy}' under policies (${listed(settings.policies)})`,
      });
    }
    const twin = settings.models.findIndex(
      (other) =>
        other.name === model.name && other.versions.some((v) => model.versions.includes(v)),
    );
    if (twin < index) {
      problems.push({
        path: at('name'),
        problem: `models.${twin} serves '${model.name}' in the same version already`,
      });
    }
  });
  const own = settings.scores.map(({ name }) => name);
  own.forEach((name, index) => {
    if (own.indexOf(name) === index) return;
    const problem = `'${name}' is used twice; signals are told apart by it`;
    problems.push({ path: ['scores', String(index), 'name'], problem });
  });
  for (const [name, policy] of Object.entries(settings.policies)) {
    for (const signal of Object.keys(policy.signals).filter(isOwnSignal)) {
      if (own.some((known) => ownSignal(known) === signal)) continue;
      const defined = own.length === 0 ? 'none is defined' : `defined: ${own.join(', ')}`;
      problems.push({
        path: ['policies', name, 'signals', signal],
        problem: `there is no score '${signal.slice('own:'.length)}' under scores (${defined})`,
      });
    }
  }
  for (const [name, policy] of Object.entries(settings.policies)) {
    for (const [signal, rule] of Object.entries(policy.signals)) {
      const range = scorers.find((scorer) => scorer.name === signal)?.range;
      if (range === undefined || rule === undefined || rule === 'off') continue;
      const path = ['policies', name, 'signals', signal];
      const written = [
        { path, rule },
        ...Object.entries(rule.classes ?? {}).map(([label, one]) => ({
          path: [...path, 'classes', label],
          rule: one,
        })),
      ];
      for (const one of written) {
        if (one.rule === 'off' || !('raw' in one.rule) || isWithin(one.rule.raw, range)) continue;
        problems.push({
          path: [...one.path, 'raw'],
          problem: `${one.rule.raw} is outside the range of ${signal}, ${range[0]} to ${range[1]}`,
        });
      }
    }
  }
  if (settings.images?.kind === 'gridfs' && settings.store.kind !== 'mongodb') {
    problems.push({
      path: ['images', 'kind'],
      problem: `gridfs needs 'store: {kind: mongodb}'; use directory beside SQLite`,
    });
  }
  const names = settings.http.tokens.map((token) => token.name);
  const doubled = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (doubled >= 0) {
    problems.push({
      path: ['http', 'tokens', String(doubled), 'name'],
      problem: `'${names[doubled] ?? ''}' is used twice; work is booked under the name`,
    });
  }
  return problems;
}

function isWithin(value: number, [low, high]: readonly [number, number]): boolean {
  return value >= low && value <= high;
}

function listed(names: Readonly<Record<string, unknown>>): string {
  const all = Object.keys(names);
  return all.length === 0 ? 'none is defined' : `defined: ${all.join(', ')}`;
}
