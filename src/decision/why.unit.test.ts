import { describe, expect, it } from 'vitest';
import { whyOf } from './why.js';

const signal = (name: string, flagged = true) => ({ name, flagged, explanation: `${name}.` });

describe('whyOf', () => {
  it('says first what weighed most, and nothing of what was not flagged', () => {
    const signals = [signal('blur'), signal('dark'), signal('haze', false), signal('noise')];
    expect(whyOf(['noise', 'blur', 'dark'], signals)).toEqual(['noise.', 'blur.', 'dark.']);
  });

  it('keeps flags that did not suffice, of a control sample', () => {
    expect(whyOf(['control-sample'], [signal('blur'), signal('dark')])).toEqual(['blur.', 'dark.']);
  });
});
