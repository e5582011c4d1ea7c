/** For `JSON.stringify`: a task that the model does not have, and an undefined metric, are null. */
export const undefinedAsNull = (_key: string, value: unknown): unknown => (value === undefined ? null : value);
