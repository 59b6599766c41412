/** Loaded by name, because a runtime without `await using` cannot parse it. */
export async function use<Resource extends AsyncDisposable>(resource: Resource, work: (used: Resource) => unknown): Promise<void> {
  await using used = resource;
  await work(used);
}
