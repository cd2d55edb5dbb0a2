import { ApiError, validationError } from "./api-error.ts";
import { MemberReader } from "./member-reader.ts";
import { type Page, PageReader, type PageSeal } from "./page.ts";

const longestArn = 256;
const longestNextToken = 1024;
const isStepFunctionsArn = /^arn:aws[\w-]*:states:[\w-]+:\d{12}:/;

/**
 * Reads a request's members and collects the breaches of the API model's constraints; `done` throws them all as one
 * ValidationException, worded as AWS words them (facts page 1, recorded).
 */
export class RequestReader extends MemberReader {
  readonly #operation: string;
  readonly #seal: PageSeal;
  #pageReader: PageReader | null = null;

  constructor(operation: string, members: Readonly<Record<string, unknown>>, seal: PageSeal) {
    super(members, "", []);
    this.#operation = operation;
    this.#seal = seal;
  }

  /** To be called after the last member is read. A page's token is looked at after the constraints. */
  done(): void {
    if (this.breaches.length > 0) throw validationError(this.breaches);
    this.#pageReader?.check();
  }

  /** An ARN of one of the kinds of resources that the operation is about. Its shape is checked before all else (facts page 2.2, recorded). */
  arn(member: string, kinds: readonly string[], max = longestArn): string {
    const value = this.text(member, { min: 1, max });
    if (value === "") return value;
    checkPrefix(value);
    const [, , , , , kind = "", name = ""] = value.split(":");
    if (!isStepFunctionsArn.test(value) || !kinds.includes(kind) || name === "") {
      throw new ApiError("InvalidArn", `Invalid Arn: 'Resource type not valid in this context: ${kind}'`);
    }
    return value;
  }

  optionalArn(member: string, kinds: readonly string[], max = longestArn): string | undefined {
    return this.has(member) ? this.arn(member, kinds, max) : undefined;
  }

  /** The ARN of an IAM role. It is used for nothing here; that a text is no ARN at all is told, in AWS's words (seen in published errors). */
  roleArn(): string {
    return this.#checkedRole(this.text("roleArn", { min: 1, max: longestArn })) ?? "";
  }

  optionalRoleArn(): string | undefined {
    return this.#checkedRole(this.optionalText("roleArn", { min: 1, max: longestArn }));
  }

  /** A token is a secret even where it is too long: no message quotes it. */
  taskToken(): string {
    return this.text("taskToken", { min: 1, max: 2048, isSensitive: true });
  }

  /** Whether only metadata is wanted: `includedData` (documented). */
  wantsMetadataOnly(): boolean {
    return this.optionalText("includedData", { oneOf: ["ALL_DATA", "METADATA_ONLY"] }) === "METADATA_ONLY";
  }

  /** What a listing's page begins after and how much it holds: 100 where 0 or nothing is asked for (recorded). */
  page(longestToken = longestNextToken): Page {
    const size = this.optionalInteger("maxResults", { least: 0, most: 1000 }) ?? 0;
    const token = this.optionalText("nextToken", { min: 1, max: longestToken });
    this.#pageReader = new PageReader(size === 0 ? 100 : size, token, this.#listing(), this.#seal);
    return this.#pageReader;
  }

  #checkedRole(role: string | undefined): string | undefined {
    if (role && !role.startsWith("arn:")) throw new ApiError("InvalidArn", `Invalid Role Arn: '${role}'`);
    return role;
  }

  /** What must stay the same from page to page: everything but the token and the page's size. */
  #listing(): string {
    const { nextToken: _token, maxResults: _size, ...rest } = this.members;
    return JSON.stringify([this.#operation, Object.entries(rest).sort(([left], [right]) => (left < right ? -1 : 1))]);
  }
}

/** Refuses what is no ARN at all (message recorded). */
export function checkPrefix(arn: string): void {
  if (!arn.startsWith("arn:")) throw new ApiError("InvalidArn", `Invalid Arn: 'Invalid ARN prefix: ${arn.split(":")[0]}'`);
}
