import { type Database, number } from "./database.ts";

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** The tags of machines and activities. */
export class Tags {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A tag of the same key gets the new value. */
  put(resourceArn: string, tags: readonly Tag[]): void {
    const sql = `INSERT INTO tags (resource_arn, key, value) VALUES (?, ?, ?) ON CONFLICT (resource_arn, key) DO UPDATE SET value = excluded.value`;
    for (const { key, value } of tags) this.#database.run(sql, resourceArn, key, value);
  }

  list(resourceArn: string): Tag[] {
    const rows = this.#database.all("SELECT key, value FROM tags WHERE resource_arn = ? ORDER BY id", resourceArn);
    return rows.map(({ key, value }) => ({ key: String(key), value: String(value) }));
  }

  count(resourceArn: string): number {
    return number(this.#database.get("SELECT count(*) AS count FROM tags WHERE resource_arn = ?", resourceArn)?.["count"]);
  }

  remove(resourceArn: string, keys: readonly string[]): void {
    for (const key of keys) this.#database.run("DELETE FROM tags WHERE resource_arn = ? AND key = ?", resourceArn, key);
  }

  removeAll(resourceArn: string): void {
    this.#database.run("DELETE FROM tags WHERE resource_arn = ?", resourceArn);
  }
}
