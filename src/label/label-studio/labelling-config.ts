import type { LabelSet } from '../label.js';
import { element, xmlText } from '../xml-element.js';
import type { XmlElement } from '../xml-element.js';
import { attributeControls, imageName, labelControl, textControl } from './controls.js';
import type { AttributeControl } from './controls.js';

/**
 * The labelling interface of a Label Studio project for a label set, as XML: the tags Image,
 * RectangleLabels, PolygonLabels, Choices, Number and TextArea, as labelstud.io/tags has them.
 * @throws EdgeminerError `label.invalid` for names that XML can't hold
 */
export function labellingConfig(labelSet: LabelSet): string {
  const { guidelines, text = 'none' } = labelSet;
  const controls = attributeControls(labelSet);
  return xmlText(
    element('View', {}, [
      ...(guidelines === undefined ? [] : [element('Header', { value: guidelines, size: 5 })]),
      element('Image', { name: imageName, value: '$image', zoom: 'true', zoomControl: 'true' }),
      mainControl(labelSet),
      ...controls.flatMap((control) => [heading(control), attributeTag(control, labelSet)]),
      ...(text === 'none'
        ? []
        : [
            element('TextArea', {
              name: textControl,
              toName: imageName,
              maxSubmissions: 1,
              editable: 'true',
              required: text === 'required' ? 'true' : undefined,
              placeholder: 'In your own words',
            }),
          ]),
    ]),
  );
}

function mainControl({ kind, classes, notes = [] }: LabelSet): XmlElement {
  const name = { name: labelControl, toName: imageName };
  const hints = new Map(notes.map((note) => [note.class, note.guidelines]));
  const values = (tag: string) =>
    classes.map((value) => element(tag, { value, hint: hints.get(value) }));
  switch (kind) {
    case 'class':
      return element('Choices', { ...name, choice: 'single', required: 'true' }, values('Choice'));
    case 'classes':
      return element('Choices', { ...name, choice: 'multiple' }, values('Choice'));
    case 'boxes':
      // A box of a label stands upright.
      return element('RectangleLabels', { ...name, canRotate: 'false' }, values('Label'));
    case 'polygons':
      return element('PolygonLabels', name, values('Label'));
  }
}

function heading({ rule }: AttributeControl): XmlElement {
  return element('Header', { value: rule.name, size: 6 });
}

function attributeTag({ name, rule }: AttributeControl, { kind }: LabelSet): XmlElement {
  const shapes = kind === 'boxes' || kind === 'polygons';
  const shared = {
    name,
    toName: imageName,
    perRegion: rule.on === 'object' ? 'true' : undefined,
    required: rule.required ? 'true' : undefined,
    ...when(rule.classes, shapes ? 'whenLabelValue' : 'whenChoiceValue'),
  };
  switch (rule.kind) {
    case 'choice':
    case 'choices':
      return element(
        'Choices',
        { ...shared, choice: rule.kind === 'choice' ? 'single' : 'multiple' },
        rule.values.map((value) => element('Choice', { value })),
      );
    case 'boolean':
      return element('Choices', { ...shared, choice: 'single' }, [
        element('Choice', { value: 'yes' }),
        element('Choice', { value: 'no' }),
      ]);
    case 'number':
      return element('Number', { ...shared, min: rule.min, max: rule.max, step: 'any' });
    case 'text':
      return element('TextArea', { ...shared, maxSubmissions: 1, editable: 'true' });
  }
}

/** Shown only where one of the classes is chosen. Label Studio splits the list at commas. */
function when(
  classes: readonly string[] | undefined,
  condition: 'whenLabelValue' | 'whenChoiceValue',
): XmlElement['attributes'] {
  if (classes === undefined || classes.some((name) => name.includes(','))) return {};
  return {
    whenTagName: labelControl,
    [condition]: classes.join(','),
    visibleWhen: condition === 'whenLabelValue' ? 'region-selected' : 'choice-selected',
  };
}
