import type { StudyPlan } from './plan';

/** A text as one word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * A script for `sbatch` that trains a study as an array of jobs, a trial each: it may be sent as often as needed, as a trial that has ended ends its
 * job at once, and one that was stopped goes on.
 *
 * @param command What runs the trainer: a program and its first arguments.
 * @param folder Of the study, which all machines share.
 * @param atOnce So many jobs run at once.
 */
export function slurmScript(
  { name, trials }: Pick<StudyPlan, 'name' | 'trials'>,
  { command, folder, atOnce }: { command: readonly string[]; folder: string; atOnce: number },
): string {
  const words = [...command, 'study', 'trial', folder].map(quoted).join(' ');
  return `#!/bin/bash
#SBATCH --job-name=${name}
#SBATCH --array=1-${trials.length}%${atOnce}
#SBATCH --output=${name}-%a.log
#SBATCH --open-mode=append
# A job that is taken off its machine starts again and goes on; two minutes before, it is asked to end its step.
#SBATCH --requeue
#SBATCH --signal=B:TERM@120
# Add what your cluster asks for: --time, --partition, --cpus-per-task, --gres.
exec ${words} "$SLURM_ARRAY_TASK_ID"
`;
}
