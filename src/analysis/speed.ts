import type { InferenceResponse } from '../estimator/contracts/inference';
import type { StartupReport } from '../vllm/startup/report';
import { INFERENCE_DEFAULTS } from './inferenceDefaults';
import { respond } from './plan';
import { formOfReport } from './scenario';

/**
 * How fast the simulated deployment serves one request of usual length: the planner's answer for the same file.
 *
 * @returns null when no GPU is known.
 */
export function servingSpeed(report: StartupReport): InferenceResponse | null {
  const { gpu, model } = report.input;
  return gpu && respond(formOfReport(report, '', INFERENCE_DEFAULTS), model, gpu, report);
}
