import { type Database, number } from "./database.ts";

/** The number of a definition's text, which is stored once, however many machines, versions, executions and map runs share it. */
export function definitionId(database: Database, text: string): number {
  const id = database.get("SELECT id FROM definitions WHERE text = ?", text)?.["id"];
  return id === undefined ? database.run("INSERT INTO definitions (text) VALUES (?)", text).id : number(id);
}
