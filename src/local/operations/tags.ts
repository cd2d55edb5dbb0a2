import { ApiError } from "../api-error.ts";
import type { Engine } from "../engine.ts";
import type { RequestReader } from "../request-reader.ts";
import type { Tag } from "../store/tags.ts";
import type { Operations } from "./operation.ts";

/** Facts page 4, documented. */
const maxTags = 50;
const taggable = ["stateMachine", "activity"];

export const tagOperations: Operations = {
  TagResource(engine, request) {
    const arn = request.arn("resourceArn", taggable);
    request.require("tags");
    const tags = readTags(request);
    request.done();
    engine.store.transaction(() => {
      checkResourceExists(engine, arn);
      engine.store.tags.put(arn, tags);
      checkTagCount(arn, engine.store.tags.count(arn));
    });
    return {};
  },

  UntagResource(engine, request) {
    const arn = request.arn("resourceArn", taggable);
    request.require("tagKeys");
    const keys = request.texts("tagKeys", { min: 1, max: 128 }) ?? [];
    request.done();
    engine.store.transaction(() => {
      checkResourceExists(engine, arn);
      engine.store.tags.remove(arn, keys);
    });
    return {};
  },

  ListTagsForResource(engine, request) {
    const arn = request.arn("resourceArn", taggable);
    request.done();
    checkResourceExists(engine, arn);
    return { tags: engine.store.tags.list(arn) };
  },
};

/** The tags of a request, none where it has none. */
export function readTags(request: RequestReader): readonly Tag[] {
  const tags = request.structures("tags")?.map((tag) => ({
    key: tag.text("key", { min: 1, max: 128 }),
    value: tag.text("value", { max: 256 }),
  }));
  return tags ?? [];
}

/** The message is modelled on that of ResourceNotFound; AWS's own is not recorded. */
export function checkTagCount(arn: string, count: number): void {
  if (count > maxTags) throw new ApiError("TooManyTags", `Too many tags: '${arn}'`);
}

/** Versions and aliases have no tags (recorded). */
function checkResourceExists(engine: Engine, arn: string): void {
  const isThere = engine.store.stateMachines.get(arn) !== null || engine.store.tasks.activity(arn) !== null;
  if (!isThere) throw new ApiError("ResourceNotFound", `Resource not found: '${arn}'`);
}
