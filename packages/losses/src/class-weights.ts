/**
 * Weights that make presence and absence of each emotion count equally in `emotionLoss`: samples without it over samples with it. An
 * emotion that no sample has, or that all have, gets 1.
 *
 * @param labels [N][C], above 0 = present, of the training samples
 * @returns [C]
 */
export function balancedClassWeights(labels: readonly (readonly number[])[], numEmotions: number): number[] {
  return Array.from({ length: numEmotions }, (_, c) => {
    const present = labels.filter((row) => row[c]! > 0).length;
    const absent = labels.length - present;
    return present === 0 || absent === 0 ? 1 : absent / present;
  });
}
