export function startControllers(_parts: unknown) {
  return { stop: async () => {} };
}
