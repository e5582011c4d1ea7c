import type { Split } from '../sample';

/** Data sets whose published counts are known. */
export const CORPORA = [
  'review-speech',
  'mosi',
  'mosei',
  'ch-sims',
  'meld',
  'iemocap',
  'emodb',
  'crema-d',
  'goemotions',
  'vader',
] as const;
export type CorpusName = (typeof CORPORA)[number];

/** A number for each split, or one for all together. */
export type Counts = Partial<Record<Split | 'all', number>>;

const splits = (train: number, valid: number, test?: number): Counts => ({
  train,
  valid,
  ...(test !== undefined && { test }),
});

/**
 * Published counts, by what is counted; the names are those of `countSamples`.
 * MOSI: the standard folds. MOSEI: MMSA's, MMML's and UniMSE's label.csv (the standard folds of the SDK give 22,860 segments, MMML uses
 * 22,850). MELD: its README and files. GoEmotions: its files; what is said of emotions is counted after grouping. CH-SIMS:
 * its label.csv. IEMOCAP, EmoDB and CREMA-D have no splits of their own.
 */
export const PUBLISHED: Record<CorpusName, Record<string, Counts>> = {
  'review-speech': { samples: splits(4_222, 603, 1_207) },
  mosi: { samples: splits(1_284, 229, 686) },
  mosei: { samples: splits(16_326, 1_871, 4_659) },
  'ch-sims': { samples: { ...splits(1_368, 456, 457), all: 2_281 } },
  meld: {
    samples: splits(9_989, 1_109, 2_610),
    'sentiment negative': splits(2_945, 406, 833),
    'sentiment neutral': splits(4_710, 470, 1_256),
    'sentiment positive': splits(2_334, 233, 521),
    'emotion happiness': splits(1_743, 163, 402),
    'emotion sadness': splits(683, 111, 208),
    'emotion anger': splits(1_109, 153, 345),
    'emotion surprise': splits(1_205, 150, 281),
    'emotion disgust': splits(271, 22, 68),
    'emotion fear': splits(268, 40, 50),
    'emotion none': splits(4_710, 470, 1_256),
  },
  iemocap: {
    samples: { all: 10_039 },
    'category ang': { all: 1_103 },
    'category dis': { all: 2 },
    'category exc': { all: 1_041 },
    'category fea': { all: 40 },
    'category fru': { all: 1_849 },
    'category hap': { all: 595 },
    'category neu': { all: 1_708 },
    'category oth': { all: 3 },
    'category sad': { all: 1_084 },
    'category sur': { all: 107 },
    'category xxx': { all: 2_507 },
  },
  emodb: {
    samples: { all: 535 },
    'category anger': { all: 127 },
    'category boredom': { all: 81 },
    'category disgust': { all: 46 },
    'category fear': { all: 69 },
    'category happiness': { all: 71 },
    'category neutral': { all: 79 },
    'category sadness': { all: 62 },
  },
  'crema-d': { samples: { all: 7_442 } },
  goemotions: {
    samples: splits(43_410, 5_426, 5_427),
    'sentiment negative': splits(8_133, 1_014),
    'sentiment neutral': splits(12_823, 1_592),
    'sentiment positive': splits(15_216, 1_941),
    'emotion happiness': splits(17_410, 2_219),
    'emotion sadness': splits(3_263, 390),
    'emotion anger': splits(5_579, 717),
    'emotion surprise': splits(5_367, 624),
    'emotion disgust': splits(793, 97),
    'emotion fear': splits(726, 105),
    'category neutral': splits(14_219, 1_766),
  },
  vader: { samples: { all: 10_605 + 4_200 } },
};

/** Clips that are known to be corrupt or missing in the corpora as they are passed on, by sample id. */
export const KNOWN_BAD: Partial<Record<CorpusName, ReadonlyMap<string, string>>> = {
  mosei: new Map(
    ['3aIQUQgawaI/12', '94ULum9MYX0/2', '94ULum9MYX0/11', 'mRnEJOLkhp8/24', 'mRnEJOLkhp8/26', 'aE-X_QdDaqQ/3'].map(
      (id) => [id, 'known to be corrupt; MMML leaves it out'],
    ),
  ),
  meld: new Map([
    ['train_dia125/utt3', 'known to be corrupt'],
    ['dev_dia110/utt7', 'known to be missing'],
  ]),
  'crema-d': new Map([
    ['1064/1064_IEO_DIS_MD', 'known to be a minute with all emotions'],
    ['1064/1064_TIE_SAD_XX', 'known to be all but empty'],
    ['1076/1076_MTI_NEU_XX', 'known to be all but empty'],
    ['1076/1076_MTI_SAD_XX', 'known to be all but empty'],
  ]),
};
