/** What the tests of a file have left behind, such as folders and processes: taken away once they are over (setup.ts). */
const leftovers: (() => void)[] = [];

export function atEndOfFile(remove: () => void): void {
  leftovers.push(remove);
}

export function removeLeftovers(): void {
  for (const remove of leftovers.splice(0).reverse()) remove();
}
