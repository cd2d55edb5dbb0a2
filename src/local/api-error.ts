/** An error reply of the Step Functions API: HTTP 400 with `__type` and `message` (facts page 1, recorded). */
export class ApiError extends Error {
  readonly type: string;
  readonly namespace: string;

  constructor(type: string, message: string, namespace = "com.amazonaws.swf.service.v2.model") {
    super(message);
    this.name = "ApiError";
    this.type = type;
    this.namespace = namespace;
  }
}

/** A breach of a constraint of the API model, in the words of AWS's validation layer (facts page 1, recorded). */
export function validationError(breaches: readonly string[]): ApiError {
  const count = breaches.length === 1 ? "1 validation error" : `${breaches.length} validation errors`;
  return new ApiError("ValidationException", `${count} detected: ${breaches.join("; ")}`, "com.amazon.coral.validate");
}

/** The body of an error reply. */
export function errorBody({ namespace, type, message }: ApiError): string {
  return JSON.stringify({ __type: `${namespace}#${type}`, message });
}
