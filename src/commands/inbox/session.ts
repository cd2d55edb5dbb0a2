import type { FoundTask } from "../../answering/look-up.ts";
import { openTrials, type TryState } from "../../answering/preview.ts";
import { taskDetails } from "../../answering/task-details.ts";
import type { Connection, Context, Place } from "../../context.ts";
import { type Composing, composingFor } from "../answer/composing.ts";
import { identified, type SendingOptions } from "../answer/sending-options.ts";
import type { Where } from "./state.ts";

/** How the inbox was opened. */
export interface InboxSettings {
  readonly isReadOnly: boolean;
  readonly contractFile: string | undefined;
  readonly stamps: boolean;
  readonly as: string | undefined;
}

/** What everything in an inbox is done with. */
export interface Session {
  readonly context: Context;
  readonly connection: Connection;
  readonly settings: InboxSettings;
  /** A way to try states, opened with the first use. */
  trials(): Promise<TryState>;
}

export function openSession(context: Context, connection: Connection, settings: InboxSettings): Session {
  let opened: Promise<TryState> | undefined;
  const trials = (): Promise<TryState> => {
    opened ??= openTrials(context, connection);
    return opened;
  };
  // It is closed by who opened it.
  const kept = { ...connection, [Symbol.asyncDispose]: async () => {} };
  const connect: Context["connect"] = async (options) => (options === undefined ? kept : context.connect(options));
  return { context: { ...context, connect }, connection, settings, trials };
}

/** Reads all that belongs to a task that was found, and the words to answer it with. */
export async function readTask({ context, connection, settings, trials }: Session, found: FoundTask): Promise<Composing> {
  if (found.task.taskToken !== null) context.terminal.hide(found.task.taskToken);
  const details = await taskDetails(connection, found);
  return composingFor(context, connection, details, { contractFile: settings.contractFile, tryState: await trials() });
}

/** How answers are sent: stamped where the inbox stamps, and where the person gave a reason. */
export async function sendingWith({ connection, settings }: Session, reason: string): Promise<SendingOptions> {
  const { stamps, as, contractFile } = settings;
  const stamp = { ...(as === undefined ? {} : { answeredBy: as }), ...(reason === "" ? {} : { reason }) };
  const sending = { dryRun: false, preview: false, force: false, follow: false, contractFile };
  return identified(
    { ...sending, reason: reason === "" ? undefined : reason, stamp: stamps || reason !== "" ? stamp : undefined },
    connection,
  );
}

/** A place in the words of the screen. */
export function whereOf(place: Place): Where {
  const { region } = place;
  if (place.kind === "local") return { account: null, region, how: "local", through: place.file };
  const how = place.profile === null ? "" : `profile ${place.profile}`;
  return { account: null, region, how, through: place.kind === "endpoint" ? place.endpointUrl : "" };
}
