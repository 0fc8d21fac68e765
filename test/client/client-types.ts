import openapiTS, { astToString } from 'openapi-typescript';
import { format, resolveConfig } from 'prettier';
import { startTestServer } from '../http/test-server.js';

/** Where the types of the client lie. */
export const clientTypesFile = new URL('../../src/client/api.ts', import.meta.url);

const heading = `/**
 * Made from /openapi.json by \`npm run build:client\`; a test holds the two together. Not to be
 * edited.
 */
`;

/** The OpenAPI document of the server, as it is now. */
export async function apiDocument(): Promise<Record<string, unknown>> {
  const api = await startTestServer();
  try {
    return (await api.send('GET', '/openapi.json')).json as Record<string, unknown>;
  } finally {
    await api.close();
  }
}

/** The types of the client, made from the document. */
export async function clientTypes(document: Record<string, unknown>): Promise<string> {
  const nodes = await openapiTS(JSON.stringify(document), { alphabetize: true });
  const { pathname } = clientTypesFile;
  const style = (await resolveConfig(pathname)) ?? {};
  return format(heading + astToString(nodes), { ...style, filepath: pathname });
}
