import { afterAll } from "vitest";
import { removeLeftovers } from "./leftovers.ts";

// Run for each test file anew, while what several files import is loaded once in a worker: an afterAll there would be the first file's only.
afterAll(removeLeftovers);
