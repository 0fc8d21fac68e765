import type { FlagRuleSettings, PolicySettings, SignalRuleSettings } from '../config/schema.js';
import type { Policy } from '../decision/policy.js';
import { signalNames } from '../score/signal.js';
import type { ByClass, FlagRule, FlagRules, OwnSignalName } from '../score/signal.js';

/** A policy as it was written, with a rule for every signal, `own` ones included. */
export function toPolicy(
  name: string,
  settings: PolicySettings,
  own: readonly OwnSignalName[] = [],
): Policy {
  const rate = settings.falseAlarms;
  const unwritten: FlagRule =
    settings.falseAlarmsOf === 'event'
      ? { kind: 'false-alarms', rate, together: true }
      : { kind: 'false-alarms', rate };
  return {
    name,
    flags: Object.fromEntries(
      [...signalNames, ...own].map((signal) => [
        signal,
        signalRule(settings.signals[signal], unwritten),
      ]),
    ) as FlagRules,
    minFlags: settings.minFlags,
    weights: settings.weights,
    controlSample: settings.controlSample,
  };
}

function signalRule(
  written: SignalRuleSettings | undefined,
  unwritten: FlagRule,
): FlagRule | ByClass {
  if (written === undefined) return unwritten;
  if (written === 'off') return { kind: 'off' };
  const otherwise = flagRule(written) ?? unwritten;
  if (written.classes === undefined) return otherwise;
  const classes = Object.entries(written.classes).map(
    ([label, rule]) => [label, flagRule(rule) ?? unwritten] as const,
  );
  return { kind: 'by-class', classes: new Map(classes), otherwise };
}

/** Undefined where only classes have rules. */
function flagRule(written: FlagRuleSettings | SignalRuleSettings): FlagRule | undefined {
  if (written === 'off') return { kind: 'off' };
  if ('falseAlarms' in written) return { kind: 'false-alarms', rate: written.falseAlarms };
  if ('edgeScore' in written) return { kind: 'edge-score', atLeast: written.edgeScore };
  if ('raw' in written) return { kind: 'raw', limit: written.raw };
  return undefined;
}

/** Classes with rules of their own that are none of the known ones; none where none is known. */
export function unknownClasses({ flags }: Policy, known: ReadonlySet<string>): readonly string[] {
  if (known.size === 0) return [];
  const named = Object.values(flags).flatMap((rule) =>
    rule?.kind === 'by-class' ? [...rule.classes.keys()] : [],
  );
  return [...new Set(named)].filter((name) => !known.has(name));
}
