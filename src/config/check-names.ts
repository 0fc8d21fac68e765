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
  problems.push(...limitsOutOfRange(settings.policies));
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

/** `raw` limits, by class as well, that the signal's measurements never reach. */
function limitsOutOfRange(policies: Settings['policies']): NameProblem[] {
  const rules = Object.entries(policies).flatMap(([name, { signals }]) =>
    Object.entries(signals).flatMap(([signal, rule]) => {
      if (rule === undefined || rule === 'off') return [];
      const path = ['policies', name, 'signals', signal];
      const byClass = Object.entries(rule.classes ?? {});
      return [
        { signal, path, rule },
        ...byClass.map(([label, one]) => ({
          signal,
          path: [...path, 'classes', label],
          rule: one,
        })),
      ];
    }),
  );
  return rules.flatMap(({ signal, path, rule }) => {
    const range = scorers.find((scorer) => scorer.name === signal)?.range;
    if (range === undefined || rule === 'off' || !('raw' in rule) || isWithin(rule.raw, range)) {
      return [];
    }
    const problem = `${rule.raw} is outside the range of ${signal}, ${range[0]} to ${range[1]}`;
    return [{ path: [...path, 'raw'], problem }];
  });
}

function isWithin(value: number, [low, high]: readonly [number, number]): boolean {
  return value >= low && value <= high;
}

function listed(names: Readonly<Record<string, unknown>>): string {
  const all = Object.keys(names);
  return all.length === 0 ? 'none is defined' : `defined: ${all.join(', ')}`;
}
