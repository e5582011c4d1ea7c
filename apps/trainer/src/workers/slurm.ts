/**
 * The tasks of a Slurm step as `host:port`, in the order of their ranks (`SLURM_PROCID`), by what Slurm sets for each of them.
 *
 * @param port That of a node's first task; the next ones of the node have the next ports.
 * @throws One line outside of a step, or where its tasks are not laid out node by node.
 */
export function slurmAddresses(environment: NodeJS.ProcessEnv, port: number): string[] {
  const nodes = environment.SLURM_STEP_NODELIST ?? environment.SLURM_JOB_NODELIST;
  const tasks = environment.SLURM_STEP_TASKS_PER_NODE ?? environment.SLURM_TASKS_PER_NODE;
  if (!nodes || !tasks)
    throw new Error(
      'slurm: expected SLURM_STEP_NODELIST and SLURM_STEP_TASKS_PER_NODE, found neither: start it by srun',
    );
  const hosts = hostNames(nodes);
  const counts = tasks.split(',').flatMap((part) => {
    const [, count, times = '1'] = /^(\d+)(?:\(x(\d+)\))?$/.exec(part) ?? [];
    return new Array<number>(Number(times)).fill(Number(count));
  });
  if (hosts.length !== counts.length || !counts.every((count) => count > 0))
    throw new Error(`slurm: expected as many counts of tasks as nodes, found ${tasks} for ${nodes}`);
  return hosts.flatMap((host, i) => Array.from({ length: counts[i]! }, (_, task) => `${host}:${port + task}`));
}

/** Slurm's way to write many names: `gpu[01-03,7],login` is gpu01, gpu02, gpu03, gpu7, login. */
export function hostNames(list: string): string[] {
  return (list.match(/(?:[^,[\]]|\[[^\]]*\])+/g) ?? []).flatMap((name) => {
    const [, before, ranges, after] = /^([^[]*)\[([^\]]*)\](.*)$/.exec(name) ?? [];
    if (ranges === undefined) return [name];
    const rests = hostNames(after || '-').map((rest) => (after ? rest : ''));
    return ranges.split(',').flatMap((range) => {
      const [first, last = first] = range.split('-') as [string, string?];
      const numbers = Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) =>
        String(Number(first) + i).padStart(first.length, '0'),
      );
      return numbers.flatMap((number) => rests.map((rest) => `${before}${number}${rest}`));
    });
  });
}
