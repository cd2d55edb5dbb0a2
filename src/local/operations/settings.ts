import { ApiError } from "../api-error.ts";
import type { MemberReader } from "../member-reader.ts";
import type { RequestReader } from "../request-reader.ts";

/** What a machine is configured with besides its definition and role: stored and given back, and of no other effect here. */
export interface Settings {
  readonly loggingConfiguration: {
    readonly level: string;
    readonly includeExecutionData: boolean;
    readonly destinations?: readonly object[];
  };
  readonly tracingConfiguration: { readonly enabled: boolean };
  readonly encryptionConfiguration: Encryption;
}

/** What the data of a machine or of an activity is said to be encrypted with. Nothing is encrypted here. */
export interface Encryption {
  readonly type: string;
  readonly kmsKeyId?: string;
  readonly kmsDataKeyReusePeriodSeconds?: number;
}

export const ownedKey: Encryption = { type: "AWS_OWNED_KEY" };

/** What AWS tells of a machine that was given none (recorded). */
const defaults: Settings = {
  loggingConfiguration: { includeExecutionData: false, level: "OFF" },
  tracingConfiguration: { enabled: false },
  encryptionConfiguration: ownedKey,
};

/** Reads the configurations that a request gives. */
export function readSettings(request: RequestReader): Partial<Settings> {
  const [logging, tracing] = ["loggingConfiguration", "tracingConfiguration"].map((member) => request.structure(member));
  const encryption = readEncryption(request);
  return {
    ...(logging ? { loggingConfiguration: readLogging(logging) } : {}),
    ...(tracing ? { tracingConfiguration: { enabled: tracing.optionalFlag("enabled") } } : {}),
    ...(encryption ? { encryptionConfiguration: encryption } : {}),
  };
}

/** Refuses what the API's model cannot express (logging recorded, encryption documented). */
export function checkSettings({ loggingConfiguration: logging, encryptionConfiguration: encryption }: Partial<Settings>): void {
  const destinations = logging?.destinations?.length ?? 0;
  if (logging !== undefined && (destinations > 1 || (logging.level !== "OFF" && destinations === 0))) {
    throw new ApiError("InvalidLoggingConfiguration", "Invalid Logging Configuration: Must specify exactly one Log Destination.");
  }
  if (encryption !== undefined) checkEncryption(encryption);
}

export function checkEncryption({ type, kmsKeyId }: Encryption): void {
  if (type === "CUSTOMER_MANAGED_KMS_KEY" && kmsKeyId === undefined) {
    throw new ApiError("InvalidEncryptionConfiguration", "Invalid Encryption Configuration: a customer managed key needs a kmsKeyId");
  }
}

/** Settings as they are stored, changed by those given; null where they are the defaults. */
export function changedSettings(stored: string | null, given: Partial<Settings>): string | null {
  const text = JSON.stringify({ ...settingsOf(stored), ...given });
  return text === JSON.stringify(defaults) ? null : text;
}

export function settingsOf(stored: string | null): Settings {
  return stored === null ? defaults : (JSON.parse(stored) as Settings);
}

function readLogging(logging: MemberReader): Settings["loggingConfiguration"] {
  const level = logging.optionalText("level", { oneOf: ["ALL", "ERROR", "FATAL", "OFF"] }) ?? "OFF";
  const includeExecutionData = logging.optionalFlag("includeExecutionData");
  const destinations = logging.structures("destinations")?.map((destination) => {
    const group = destination.structure("cloudWatchLogsLogGroup");
    const logGroupArn = group?.optionalText("logGroupArn", { min: 1, max: 256 });
    return { cloudWatchLogsLogGroup: logGroupArn === undefined ? {} : { logGroupArn } };
  });
  return { includeExecutionData, level, ...(destinations === undefined ? {} : { destinations }) };
}

/** Null where a request says nothing of it. */
export function readEncryption(request: RequestReader): Encryption | null {
  const encryption = request.structure("encryptionConfiguration");
  if (encryption === null) return null;
  const kmsKeyId = encryption.optionalText("kmsKeyId", { min: 1, max: 2048 });
  const seconds = encryption.optionalInteger("kmsDataKeyReusePeriodSeconds", { least: 60, most: 900 });
  const type = encryption.text("type", { oneOf: ["AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"] });
  return {
    type,
    ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
    ...(seconds === undefined ? {} : { kmsDataKeyReusePeriodSeconds: seconds }),
  };
}
