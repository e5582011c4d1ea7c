/** The six emotions of MOSEI, in the order used everywhere here. A sample has any number of them; none of them is neutral. */
export const EMOTIONS = ['happiness', 'sadness', 'anger', 'surprise', 'disgust', 'fear'] as const;
export type Emotion = (typeof EMOTIONS)[number];
