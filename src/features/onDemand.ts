/** What a session loads when it is first asked for: commands, reports, completions. In one piece, since each file costs time to open. */
export { complete } from '../analysis/completion';
export { reportMarkdown } from '../report/markdown';
export { chooseGpu } from './chooseGpu';
export { chooseModelConfig, fetchModelFacts, showModelFacts } from './modelCommands';
