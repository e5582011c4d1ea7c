export const simcseDefaults = { epochs: 1, batchSize: 64, learningRate: 3e-5, temperature: 0.05 } as const;
