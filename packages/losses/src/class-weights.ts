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

/**
 * Weights that make every category count equally in `emotionLoss` of kind `category-ce`: samples over categories that occur, over samples of
 * the category. Of a sample with several emotions each gets its share; a category that no sample has gets 1.
 *
 * @param labels [N][C], above 0 = present, of the training samples
 * @returns [C + 1], the last one of none
 */
export function balancedCategoryWeights(labels: readonly (readonly number[])[], numEmotions: number): number[] {
  const counts = new Array<number>(numEmotions + 1).fill(0);
  for (const row of labels) {
    const present = row.flatMap((value, c) => (value > 0 ? [c] : []));
    for (const c of present) counts[c]! += 1 / present.length;
    if (present.length === 0) counts[numEmotions]! += 1;
  }
  const occurring = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count === 0 ? 1 : labels.length / occurring / count));
}
