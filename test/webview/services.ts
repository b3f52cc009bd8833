// An editor's services for the page, over the real catalogues and the real engine; only the editor itself is played.
import { customGpu, findGpu, GPUS } from '../../src/estimator/hardware/catalogue';
import { INTERCONNECTS } from '../../src/estimator/hardware/interconnects';
import type { PlannerServices, Work } from '../../src/features/planner/conversation';
import { findingMessages } from '../../src/features/planner/findings';
import { analysisOfPlan } from '../../src/features/planner/planAnalysis';
import type { ModelFacts } from '../../src/models/source';
import type { Catalogue } from '../../src/models/catalogue';
import { encodeFacts } from '../../src/protocol/facts';
import type { DeploymentLink, Followed, Method, PageCommand, Params, Result, SavedScenario } from '../../src/protocol/messages';
import type { ArgumentValue } from '../../src/vllm/arguments';
import { NEWEST_VERSION, turningPoints } from '../../src/vllm/versions';

export interface PlayedEditor extends PlannerServices {
  /** What the editor shows; assign and call `conversation.refresh()`. */
  shown: Followed | null;
  readonly requests: { readonly method: Method; readonly params: unknown }[];
  readonly commands: PageCommand[];
  readonly memory: SavedScenario[];
  /** Answers instead of the ordinary one, by method. */
  readonly instead: Map<Method, (params: unknown, work: Work) => Promise<unknown>>;
}

export interface DeploymentOptions {
  readonly model: string;
  readonly gpu: string | null;
  readonly count?: number;
  readonly args?: Readonly<Record<string, ArgumentValue>>;
  readonly version?: string;
  readonly fileName?: string;
  readonly findings?: Followed['findings'];
  readonly documentVersion?: number;
}

/** A file's deployment as the editor would describe it. */
export function deployment(catalogue: Catalogue, options: DeploymentOptions): Followed {
  const facts = catalogue.find(options.model) ?? catalogue.findByName(options.model);
  const gpu = options.gpu === null ? null : findGpu(options.gpu);
  return {
    link: { uri: 'file:///project/serve.yaml', version: options.documentVersion ?? 1, index: 0 },
    fileName: options.fileName ?? 'serve.yaml',
    writable: true,
    args: Object.entries({ model: options.model, ...options.args }),
    environment: [],
    version: options.version ?? NEWEST_VERSION,
    facts: facts && encodeFacts(facts),
    modelName: options.model,
    modelProblem: facts ? null : `No source knows ${options.model}.`,
    gpu: gpu && { key: gpu.key, count: options.count ?? 1, totalMemoryGib: gpu.totalMemoryGib, freeMemoryGib: null, source: 'file' },
    gpuProblem: null,
    findings: options.findings ?? [],
  };
}

export function playEditor(catalogue: Catalogue, shown: Followed | null): PlayedEditor {
  const resolve = (id: string): Promise<ModelFacts> => {
    const facts = catalogue.find(id) ?? catalogue.findByName(id);
    return facts ? Promise.resolve(facts) : Promise.reject(new Error(`No source knows ${id}.`));
  };
  const answer = async (method: Method, params: unknown): Promise<unknown> => {
    switch (method) {
      case 'searchModels':
        return catalogue
          .search((params as Params<'searchModels'>).query, 40)
          .map((id) => ({ id, parameters: catalogue.find(id)?.parameters ?? null }));
      case 'modelFacts': {
        return encodeFacts(await resolve((params as Params<'modelFacts'>).id));
      }
      case 'previewEdits':
        return Object.entries((params as Params<'previewEdits'>).edits.set).map(([key, value], line) => ({
          line,
          before: null,
          after: `${key}: ${String(value)}`,
        }));
      case 'applyEdits':
        return { changed: true };
      case 'checkPlan':
        return findingMessages(await analysisOfPlan(params as Params<'checkPlan'>, resolve));
      case 'copy':
        return { characters: 10 };
      case 'saveScenario':
        editor.memory.push(params as SavedScenario);
        return null;
      default:
        return null;
    }
  };
  const editor: PlayedEditor = {
    shown,
    requests: [],
    commands: [],
    memory: [],
    instead: new Map(),
    catalogue: () => ({
      gpus: [...GPUS, customGpu('custom_discrete', 24), customGpu('custom_apple_silicon', 32)],
      interconnects: INTERCONNECTS.map((link) => link.key),
      versions: [...turningPoints()],
    }),
    saved: () => editor.memory,
    followed: (_link: DeploymentLink | null) => Promise.resolve(editor.shown),
    handle: async <M extends Method>(method: M, params: Params<M>, work: Work) => {
      editor.requests.push({ method, params });
      const played = editor.instead.get(method);
      return (await (played ? played(params, work) : answer(method, params))) as Result<M>;
    },
    command: (command) => void editor.commands.push(command),
  };
  return editor;
}
