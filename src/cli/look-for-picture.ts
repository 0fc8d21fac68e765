import { isEdgeminerError } from '../faults.js';

/** One picture that is lost does not keep the others from being labelled. */
export async function lookFor(
  picture: () => Promise<Uint8Array | undefined>,
): Promise<
  | { readonly kind: 'there'; readonly bytes: Uint8Array }
  | { readonly kind: 'lost'; readonly why: string }
> {
  try {
    const bytes = await picture();
    if (bytes !== undefined) return { kind: 'there', bytes };
    return { kind: 'lost', why: 'image.not-found: the image store does not have it' };
  } catch (error) {
    if (!isEdgeminerError(error) || !error.code.startsWith('image.')) throw error;
    return { kind: 'lost', why: `${error.code}: ${error.message}` };
  }
}
