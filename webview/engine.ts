export { simulateStartup } from '../src/vllm/startup/simulate';
export { PlanCheck } from './planCheck';
export { FileDeployment } from './serving';
export { SmallestGpu } from './smallestGpu';
