import { writeFile } from 'node:fs/promises';
import { apiDocument, clientTypes, clientTypesFile } from './client-types.js';

await writeFile(clientTypesFile, await clientTypes(await apiDocument()));
