import { type Database, number } from "./database.ts";

/**
 * The number of a definition's text, which is stored once for a machine, however many of its versions, executions and map runs run on it. It
 * is the machine's own, so that it can go with the machine without a look at who else may use it.
 */
export function definitionId(database: Database, machineArn: string, text: string): number {
  // A distributed Map's children are of the machine that it is in.
  const [owner = ""] = machineArn.split("/");
  const id = database.get("SELECT id FROM definitions WHERE machine_arn = ? AND text = ?", owner, text)?.["id"];
  return id === undefined ? database.run("INSERT INTO definitions (machine_arn, text) VALUES (?, ?)", owner, text).id : number(id);
}
