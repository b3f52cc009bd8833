import * as v from 'valibot';
import type { Gpu } from '../estimator/hardware/gpu';
import type { ArgumentValue } from '../vllm/arguments';

/**
 * Everything the planner's page and the extension host say to each other. Messages are plain JSON. Each end parses what it
 * receives with the schemas below and refuses what does not match; unknown fields are refused as well.
 */

/** Both ends must speak the same version; a page of another version is told to reload. */
export const PROTOCOL_VERSION = 1;

/** Longest text field of any message, characters: enough for a Markdown report, too little to stall the page. */
const MAX_TEXT = 200_000;

const text = v.pipe(v.string(), v.maxLength(MAX_TEXT));
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(512));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const size = v.pipe(v.number(), v.finite(), v.minValue(0));

const argumentValue: v.GenericSchema<ArgumentValue> = v.lazy(() =>
  v.union([v.string(), v.pipe(v.number(), v.finite()), v.boolean(), v.null(), v.array(argumentValue), v.record(v.string(), argumentValue)]),
);

/** Arguments as entries, since JSON has no Map. */
const argumentEntries = v.array(v.tuple([id, argumentValue]));

/** Variables of the engine's environment. */
const environment = v.array(v.tuple([id, text]));

const editsSchema = v.strictObject({ set: v.record(id, argumentValue), remove: v.array(id) });

/** One value of a form's field. */
const fieldValue = v.union([v.pipe(v.string(), v.maxLength(512)), v.pipe(v.number(), v.finite()), v.boolean()]);
const formValues = v.record(id, fieldValue);
export type FormValues = v.InferOutput<typeof formValues>;

/** Which deployment of which document, in the version that was read. */
const linkSchema = v.strictObject({ uri: id, version: count, index: count });
export type DeploymentLink = v.InferOutput<typeof linkSchema>;

const gpuSource = v.picklist(['flag', 'directive', 'file', 'setting', 'detected']);
const setupSchema = v.strictObject({
  key: id,
  count: v.pipe(v.number(), v.integer(), v.minValue(1)),
  totalMemoryGib: v.pipe(size, v.gtValue(0)),
  freeMemoryGib: v.nullable(size),
  source: gpuSource,
});

const fixSchema = v.strictObject({ title: text, edits: editsSchema, preferred: v.boolean() });
const findingSchema = v.strictObject({
  code: id,
  severity: v.picklist(['error', 'warning', 'information', 'hint']),
  key: v.nullable(id),
  message: text,
  fixes: v.array(fixSchema),
});
export type FindingMessage = v.InferOutput<typeof findingSchema>;

/** The deployment the page is about, complete: never a difference to an earlier message. */
const followedSchema = v.strictObject({
  link: linkSchema,
  fileName: text,
  /** The document can be written to. */
  writable: v.boolean(),
  args: argumentEntries,
  /** Environment of the engine, as far as the file and the settings say. */
  environment,
  version: id,
  /** A model as `encodeFacts` writes it, or null with the reason; read by `decodeFacts`. */
  facts: v.nullable(v.unknown()),
  modelName: v.nullable(text),
  modelProblem: v.nullable(text),
  gpu: v.nullable(setupSchema),
  gpuProblem: v.nullable(text),
  findings: v.array(findingSchema),
});
export type Followed = v.InferOutput<typeof followedSchema>;

const savedSchema = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(80)),
  kind: v.picklist(['inference', 'finetuning']),
  values: formValues,
  /** Arguments of the file that the form started from; empty for a scenario without file. */
  args: argumentEntries,
  /** Environment that was known then; scenarios of earlier versions have none. */
  environment: v.optional(environment, []),
  /** The cards as they were known then; null for none, and in scenarios of earlier versions, whose form still names them. */
  gpu: v.optional(v.nullable(setupSchema), null),
});
export type SavedScenario = v.InferOutput<typeof savedSchema>;

/** A GPU of the catalogue. The facts that every estimate needs are checked; the rest is what the catalogue's type says. */
const gpuFacts = v.looseObject({
  key: id,
  label: text,
  vendor: text,
  totalMemoryGib: size,
  memoryGb: size,
  tflops: v.record(v.string(), v.nullable(v.number())),
});
const gpuSchema = v.custom<Gpu>((value) => v.is(gpuFacts, value));

const stamp = { client: id, sequence: count };

/** The GPU catalogue, what is saved, and what the page is about: all that a new page needs. */
const snapshotSchema = v.strictObject({
  ...stamp,
  type: v.literal('snapshot'),
  protocol: v.literal(PROTOCOL_VERSION),
  followed: v.nullable(followedSchema),
  gpus: v.array(gpuSchema),
  interconnects: v.array(id),
  versions: v.array(id),
  saved: v.array(savedSchema),
});
export type Snapshot = v.InferOutput<typeof snapshotSchema>;

const followedMessage = v.strictObject({ ...stamp, type: v.literal('followed'), followed: v.nullable(followedSchema) });
const savedMessage = v.strictObject({ ...stamp, type: v.literal('saved'), saved: v.array(savedSchema) });
const replyMessage = v.strictObject({ ...stamp, type: v.literal('reply'), request: count, result: v.unknown() });
const failureMessage = v.strictObject({ ...stamp, type: v.literal('failure'), request: count, message: text });
const progressMessage = v.strictObject({ ...stamp, type: v.literal('progress'), request: count, message: text });

const toPage = v.variant('type', [snapshotSchema, followedMessage, savedMessage, replyMessage, failureMessage, progressMessage]);
export type ToPage = v.InferOutput<typeof toPage>;

/** What a page may ask of the host, by name: the parameters and the answer of each. */
const METHODS = {
  searchModels: {
    params: v.strictObject({ query: v.pipe(v.string(), v.maxLength(200)) }),
    result: v.array(v.strictObject({ id, parameters: v.nullable(size) })),
  },
  modelFacts: {
    params: v.strictObject({ id }),
    result: v.unknown(),
  },
  previewEdits: {
    params: v.strictObject({ link: linkSchema, edits: editsSchema }),
    result: v.array(v.strictObject({ line: count, before: v.nullable(text), after: v.nullable(text) })),
  },
  applyEdits: {
    params: v.strictObject({ link: linkSchema, edits: editsSchema }),
    result: v.strictObject({ changed: v.boolean() }),
  },
  compareInEditor: {
    params: v.strictObject({ link: linkSchema, edits: editsSchema }),
    result: v.null(),
  },
  copy: {
    params: v.strictObject({
      format: v.picklist(['serve', 'yaml', 'json', 'markdown']),
      kind: v.picklist(['inference', 'finetuning']),
      values: formValues,
      args: argumentEntries,
      environment,
      gpu: v.nullable(setupSchema),
    }),
    result: v.strictObject({ characters: count }),
  },
  /** What vLLM would say to arguments that stand in no file. */
  checkPlan: {
    params: v.strictObject({ values: formValues, args: argumentEntries, environment, gpu: v.nullable(setupSchema) }),
    result: v.array(findingSchema),
  },
  saveScenario: { params: savedSchema, result: v.null() },
  deleteScenario: { params: v.strictObject({ name: id }), result: v.null() },
} as const;

export type Method = keyof typeof METHODS;
export type Params<M extends Method> = v.InferOutput<(typeof METHODS)[M]['params']>;
export type Result<M extends Method> = v.InferOutput<(typeof METHODS)[M]['result']>;

/** Editor commands that the page may trigger: nothing else runs on its word. */
const commandName = v.picklist(['openPlanner', 'openDocument', 'chooseGpu', 'fetchModel', 'reveal']);
export type PageCommand = v.InferOutput<typeof commandName>;

const readyMessage = v.strictObject({
  type: v.literal('ready'),
  protocol: count,
  client: id,
  /** The deployment that a restored page was about; null for whatever the editor shows. */
  link: v.nullable(linkSchema),
});
const requestMessage = v.strictObject({
  type: v.literal('request'),
  client: id,
  request: count,
  method: v.picklist(Object.keys(METHODS) as [Method, ...Method[]]),
  params: v.unknown(),
});
const cancelMessage = v.strictObject({ type: v.literal('cancel'), client: id, request: count });
const commandMessage = v.strictObject({ type: v.literal('command'), client: id, command: commandName });

const toHost = v.variant('type', [readyMessage, requestMessage, cancelMessage, commandMessage]);
export type ToHost = v.InferOutput<typeof toHost>;

/** A message for the page, or null when it is malformed. */
export function parseToPage(message: unknown): ToPage | null {
  return parse(toPage, message);
}

/** A message for the host, or null when it is malformed. */
export function parseToHost(message: unknown): ToHost | null {
  return parse(toHost, message);
}

/** A request's parameters, or null when they are malformed. */
export function parseParams<M extends Method>(method: M, params: unknown): Params<M> | null {
  const parsed = v.safeParse(METHODS[method].params, params);
  return parsed.success ? (parsed.output as Params<M>) : null;
}

/** A request's answer, or null when it is malformed; answers may themselves be null, so the result is wrapped. */
export function parseResult<M extends Method>(method: M, result: unknown): { readonly result: Result<M> } | null {
  const parsed = v.safeParse(METHODS[method].result, result);
  return parsed.success ? { result: parsed.output as Result<M> } : null;
}

/** A form's values from saved state, or null when they are not that. */
export function parseFormValues(values: unknown): FormValues | null {
  return parse(formValues, values);
}

/** A saved scenario from the workspace's memory, or null when it is not one. */
export function parseSaved(value: unknown): SavedScenario | null {
  return parse(savedSchema, value);
}

/** A deployment link from saved state, or null when it is not one. */
export function parseLink(value: unknown): DeploymentLink | null {
  return parse(linkSchema, value);
}

function parse<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T | null {
  const parsed = v.safeParse(schema, value);
  return parsed.success ? parsed.output : null;
}
