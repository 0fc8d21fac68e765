import type { Attributes, LabelledBox, LabelledPolygon, Remarks } from '../label.js';
import { shapeAgreement } from './box-agreement.js';
import { mergeShapes } from './merge-shapes.js';
import type { Drawn, ShapeGroup } from './merge-shapes.js';
import type { AnswerOf, Dispute, Settlement, SettleRule } from './settlement.js';
import { nearest, settleAttributes, settleText } from './settle-remarks.js';
import { boxKind, polygonKind } from './shape-kind.js';
import type { Shape, ShapeKind } from './shape-kind.js';
import { votesFor } from './votes.js';

export function settleBoxes(opinions: readonly AnswerOf<'boxes'>[], rule: SettleRule): Settlement {
  const drawn = opinions.map(({ annotator, body }) => ({ annotator, shapes: body.boxes, body }));
  const settled = settleShapes<LabelledBox>(drawn, rule, {
    kind: boxKind,
    withAttributes: (box, attributes) => ({ ...box, attributes }),
  });
  if (settled.kind === 'disputed') return settled;
  const { shapes, remarks, confidence } = settled;
  return { kind: 'agreed', body: { kind: 'boxes', boxes: shapes, ...remarks }, confidence };
}

export function settlePolygons(
  opinions: readonly AnswerOf<'polygons'>[],
  rule: SettleRule,
): Settlement {
  const drawn = opinions.map(({ annotator, body }) => ({ annotator, shapes: body.polygons, body }));
  const settled = settleShapes<LabelledPolygon>(drawn, rule, {
    kind: polygonKind,
    outlined: true,
    withAttributes: (polygon, attributes) => ({ ...polygon, attributes }),
  });
  if (settled.kind === 'disputed') return settled;
  const { shapes, remarks, confidence } = settled;
  return { kind: 'agreed', body: { kind: 'polygons', polygons: shapes, ...remarks }, confidence };
}

interface How<S extends Shape> {
  readonly kind: ShapeKind<S>;
  readonly outlined?: true;
  readonly withAttributes: (shape: S, attributes: Attributes) => S;
}

type SettledShapes<S> =
  | {
      readonly kind: 'agreed';
      readonly shapes: readonly S[];
      readonly remarks: Remarks;
      readonly confidence: number;
    }
  | { readonly kind: 'disputed'; readonly why: readonly Dispute[] };

function settleShapes<S extends Shape>(
  drawn: readonly (Drawn<S> & { readonly body: Remarks })[],
  rule: SettleRule,
  how: How<S>,
): SettledShapes<S> {
  const { kind } = how;
  const shapes: S[] = [];
  const why: Dispute[] = [];
  let confidence = 1;
  for (const group of mergeShapes(drawn, rule.leastIou, kind)) {
    const share = group.members.length / group.annotators;
    if (1 - share >= rule.leastShare) {
      confidence = Math.min(confidence, 1 - share);
      continue;
    }
    const settled = settleShape(group, rule, how);
    why.push(...settled.why);
    confidence = Math.min(confidence, share, settled.share);
    shapes.push(settled.shape);
  }
  const ofPicture = settleAttributes(
    drawn.map(({ body }) => body.attributes),
    rule.leastShare,
  );
  why.push(...ofPicture.why);
  if (why.length > 0) return { kind: 'disputed', why };
  const matching = { leastIou: rule.leastIou, classes: 'any', overlap: kind.overlap } as const;
  const won = nearest(drawn, (one) => {
    const { f1, matched, meanIou } = shapeAgreement(one.shapes, shapes, matching);
    return f1 + (matched > 0 ? meanIou : 0);
  });
  const remarks: Remarks = {
    ...(ofPicture.attributes && { attributes: ofPicture.attributes }),
    ...settleText(won.map(({ body }) => body)),
  };
  return { kind: 'agreed', shapes, remarks, confidence: Math.min(confidence, ofPicture.share) };
}

function settleShape<S extends Shape>(
  { members, annotators, shape, placement }: ShapeGroup<S>,
  rule: SettleRule,
  { kind, outlined, withAttributes }: How<S>,
): { readonly shape: S; readonly why: readonly Dispute[]; readonly share: number } {
  const seen = members.length;
  const box = { class: shape.class, ...kind.bounds(shape) };
  const why: Dispute[] = [];
  if (seen / annotators < rule.leastShare) {
    why.push({ about: 'presence', box, seen, of: annotators });
  }
  const votes = votesFor(members.map((member) => member.shape.class));
  const classShare = (votes[0]?.votes ?? 0) / seen;
  if (classShare < rule.leastShare) why.push({ about: 'box-class', box, votes });
  if (placement < rule.leastPlacement) {
    why.push({ about: 'place', box, placement, ...(outlined && { outlined }) });
  }
  const winners = members.filter((member) => member.shape.class === shape.class);
  const { attributes, ...said } = settleAttributes(
    winners.map((member) => member.shape.attributes),
    rule.leastShare,
    box,
  );
  return {
    shape: attributes === undefined ? shape : withAttributes(shape, attributes),
    why: [...why, ...said.why],
    share: Math.min(classShare, said.share),
  };
}
