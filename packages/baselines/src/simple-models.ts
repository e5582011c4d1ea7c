import type { EncoderOptions, Example, Prediction, Task } from '@mmolre/model';

/** What a simple model looks at. */
export type Reads = 'nothing' | 'text' | 'audio' | 'both';

export type SimpleOptions = EncoderOptions & {
  /** Those that are predicted. */ tasks: readonly Task[];
  /** Takes a line for each model that cannot be fitted, or scored, with the reason. */ log: (line: string) => void;
};

/** Plain data: what the models have learnt. */
export type SimpleModels = { tasks: Task[] };

export type SimpleScores = {
  /** Such as `TF-IDF and ridge`. */ name: string;
  reads: Reads;
  /** Of each example, in their order; a task that could not be fitted is missing. An emotion counts as present above 0.5. */
  predictions: Prediction[];
};

export async function fitSimpleModels(train: readonly Example[], options: SimpleOptions): Promise<SimpleModels> {
  throw new Error(`not yet: ${train.length} ${options.tasks}`);
}

export async function scoreSimpleModels(
  models: SimpleModels,
  examples: readonly Example[],
  options: Omit<SimpleOptions, 'tasks'>,
): Promise<SimpleScores[]> {
  throw new Error(`not yet: ${models.tasks} ${examples.length} ${options}`);
}
