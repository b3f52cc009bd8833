/** A group of equal cards of this machine. */
export interface DetectedGpus {
  /** As nvidia-smi prints it ("NVIDIA GeForce RTX 3090"). */
  readonly name: string;
  readonly count: number;
  /** `memory.total`, GiB: what the driver reports, some hundred MiB more than torch sees. */
  readonly memoryGib: number;
}

/** Arguments that make nvidia-smi print one `name, MiB` line per card. */
export const NVIDIA_SMI_ARGUMENTS: readonly string[] = ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits'];

/**
 * Reads the output of nvidia-smi with {@link NVIDIA_SMI_ARGUMENTS}.
 * @returns the largest group of equal cards (the first among equals), since one engine runs on equal cards; null when no line makes sense.
 */
export function parseNvidiaSmi(output: string): DetectedGpus | null {
  const groups = new Map<string, DetectedGpus>();
  for (const line of output.split(/\r?\n/)) {
    const match = /^\s*(\S.*?)\s*,\s*(\d+(?:\.\d+)?)\s*$/.exec(line);
    const name = match?.[1];
    const mebibytes = Number(match?.[2]);
    if (name === undefined || !(mebibytes > 0)) continue;
    const key = `${name}\n${mebibytes}`;
    groups.set(key, { name, count: (groups.get(key)?.count ?? 0) + 1, memoryGib: mebibytes / 1024 });
  }
  return [...groups.values()].reduce<DetectedGpus | null>(
    (best, group) => (best === null || group.count > best.count ? group : best),
    null,
  );
}
