/** Writes `schema/vllm-config.schema.json` from the table of arguments. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { configSchema } from './argumentSchema';

mkdirSync('schema', { recursive: true });
writeFileSync('schema/vllm-config.schema.json', `${JSON.stringify(configSchema(), null, 1)}\n`);
