/** Leaf values as JSON by their dotted path; arrays are leaves. */
export function flatten(value: unknown, path = ''): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { [path]: JSON.stringify(value) };
  return Object.assign(
    {},
    ...Object.entries(value).map(([key, child]) => flatten(child, path ? `${path}.${key}` : key)),
  );
}
