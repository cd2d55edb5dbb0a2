import { describe, expect, it } from "vitest";
import { checkDefinition } from "../../../src/local/asl/definition-check.ts";

type Fields = Readonly<Record<string, unknown>>;

const lambda = "arn:aws:states:::lambda:invoke";
const pass: Fields = { Type: "Pass", End: true };
const inner: Fields = { StartAt: "I", States: { I: pass } };
const distributed: Fields = { ...inner, ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" } };

const assigning: Fields = { StartAt: "I", States: { I: { ...pass, Assign: { "v.$": "$" } } } };

/** A machine that starts at X. */
function machine(state: Fields, others: Fields = {}, top: Fields = {}): Fields {
  return { StartAt: "X", States: { X: state, ...others }, ...top };
}

const task = (fields: Fields = {}): Fields => ({ Type: "Task", Resource: lambda, End: true, ...fields });
const map = (fields: Fields = {}): Fields => ({ Type: "Map", ItemProcessor: inner, End: true, ...fields });
const choice = (...rules: readonly Fields[]): Fields => ({ Type: "Choice", Choices: rules, Default: "Y" });
const y: Fields = { Y: { Type: "Succeed" } };
const rule = (fields: Fields): Fields => machine(choice({ Next: "Y", ...fields }), y);
const jsonata = (state: Fields, others: Fields = {}): Fields => machine(state, others, { QueryLanguage: "JSONata" });
const onlyJsonata = (field: string) =>
  `The QueryLanguage is set to 'JSONPath', but field '${field}' is only supported for the 'JSONata' QueryLanguage`;
const onlyJsonPath = (field: string) =>
  `The QueryLanguage is set to 'JSONata', but field '${field}' is only supported for the 'JSONPath' QueryLanguage`;

/** `CODE: message at location`, as InvalidDefinition lists them. */
function errors(definition: unknown, type?: "STANDARD" | "EXPRESS"): string[] {
  const text = typeof definition === "string" ? definition : JSON.stringify(definition);
  return listed(checkDefinition(text, type).diagnostics.filter(({ severity }) => severity === "ERROR"));
}

function listed(diagnostics: ReturnType<typeof checkDefinition>["diagnostics"]): string[] {
  return diagnostics.map(({ code, message, location }) => `${code}: ${message} at ${location}`);
}

const noEnd = "MISSING_END_STATE: Workflow has no terminal state at null";
const schema = (message: string, at: string) => `SCHEMA_VALIDATION_FAILED: ${message} at ${at}`;

describe("a definition is accepted", () => {
  it.each<[string, Fields]>([
    ["with a comment and a version", machine(pass, {}, { Comment: "c", Version: "1.0", TimeoutSeconds: 0 })],
    ["with null paths", machine({ ...pass, InputPath: null, OutputPath: null, ResultPath: null })],
    ["with variables in paths", machine({ ...pass, InputPath: "$a.b", Parameters: { "b.$": "$a" } })],
    ["with End false beside Next", machine({ Type: "Pass", End: false, Next: "Y" }, y)],
    ["with a Lambda function as Resource", machine(task({ Resource: "arn:aws:lambda:us-east-1:123456789012:function:f:PROD" }))],
    ["with an activity", machine(task({ Resource: "arn:aws:states:us-east-1:123456789012:activity:a" }))],
    ["with an SDK integration's callback", machine(task({ Resource: "arn:aws:states:::aws-sdk:s3:listBuckets.waitForTaskToken" }))],
    ["with startExecution.sync:2", machine(task({ Resource: "arn:aws:states:::states:startExecution.sync:2" }))],
    ["in another partition", machine(task({ Resource: "arn:aws-us-gov:states:::sqs:sendMessage.waitForTaskToken" }))],
    ["with Credentials by path", machine(task({ Credentials: { "RoleArn.$": "$.role" } }))],
    ["with a timeout by path of the context object", machine(task({ TimeoutSecondsPath: "$$.Execution.Input.t" }))],
    ["with empty Retry and Catch", machine(task({ Retry: [], Catch: [] }))],
    ["with an empty ResultWriter", machine(map({ ItemProcessor: distributed, ResultWriter: {} }))],
    [
      "with a retry at once",
      machine(task({ Retry: [{ ErrorEquals: ["E"], IntervalSeconds: 0, MaxAttempts: 99_999_999, BackoffRate: 1.5 }] })),
    ],
    ["with States.ALL alone and last", machine(task({ Retry: [{ ErrorEquals: ["A", "B"] }, { ErrorEquals: ["States.ALL"] }] }))],
    [
      "with a catcher",
      machine(task({ Catch: [{ ErrorEquals: ["States.ALL"], Next: "Y", ResultPath: "$.e[0]", Assign: { "e.$": "$" } }] }), y),
    ],
    [
      "with And, Or and Not",
      rule({ And: [{ Not: { Variable: "$.a", IsNull: true } }, { Or: [{ Variable: "$$.b", StringMatches: "*" }] }] }),
    ],
    ["with a comparison of two paths", rule({ Variable: "$v", NumericLessThanEqualsPath: "$.b" })],
    ["with a Timestamp with an offset", machine({ Type: "Wait", Timestamp: "2030-01-01T00:00:00.5+02:00", End: true })],
    [
      "with intrinsic functions as error and cause",
      machine({ Type: "Fail", ErrorPath: "States.Format('{}', $.e)", CausePath: "States.UUID()" }),
    ],
    ["with a Parallel", machine({ Type: "Parallel", Branches: [inner, { StartAt: "J", States: { J: pass } }], End: true })],
    ["with a nested loop that never ends", machine(map({ ItemProcessor: { StartAt: "A", States: { A: { Type: "Pass", Next: "A" } } } }))],
    ["with the old names of a Map's fields", machine({ Type: "Map", Iterator: inner, Parameters: { "a.$": "$" }, End: true })],
    [
      "with a distributed Map",
      machine(map({ ItemProcessor: distributed, Label: "l", ToleratedFailureCountPath: "$n", ItemBatcher: { MaxItemsPerBatch: 2 } })),
    ],
    ["with a distributed Map's fields in an inline one", machine(map({ ItemBatcher: { MaxItemsPerBatch: 1 }, Label: "l" }))],
    [
      "with JSONata's names after variables",
      jsonata({ ...pass, Output: "{% $map($states.input.a[b > 1]^(c), function($x) { $x.d.(e){f: g} }) ~> $f(?, 1) %}" }),
    ],
    ["with expressions where AWS evaluates none", jsonata({ ...pass, Comment: "{% ( %}" })],
    ["with items from the context object", machine(map({ ItemsPath: "$$.Execution.Input.items" }))],
    ["with a JSONata state among others", machine({ ...pass, QueryLanguage: "JSONata", Output: "{% $states.input %}" })],
    [
      "in JSONata",
      jsonata(task({ Arguments: { a: ["{% 1 %}", "text"] }, TimeoutSeconds: "{% 5 %}", Credentials: { RoleArn: "{% $r %}" } })),
    ],
    ["with JSONata's Condition", jsonata(choice({ Condition: "{% true %}", Next: "Y", Output: 1 }, { Condition: false, Next: "Y" }), y)],
    ["with JSONata's Items", jsonata(map({ Items: "{% [1] %}", MaxConcurrency: "{% 2 %}", ItemSelector: { a: "{% $states.context %}" } }))],
    ["with a Unicode variable", machine({ ...pass, Assign: { größe1: 1, "名.$": "$" } })],
    [
      "with a name that the outer machine assigns only after it",
      machine(
        map({
          ItemProcessor: assigning,
          End: false,
          Next: "Z",
          Assign: { v: 1 },
          Catch: [{ ErrorEquals: ["E"], Next: "Z", Assign: { v: 2 } }],
        }),
        { Z: { ...pass, Assign: { v: 3 } } },
      ),
    ],
    [
      "with a name that an outer machine assigns, in a distributed Map",
      machine(map({ ItemProcessor: { ...distributed, States: { I: { ...pass, Assign: { v: 1 } } } }, Assign: { v: 1 } })),
    ],
    [
      "with names of Object.prototype",
      { StartAt: "constructor", States: { constructor: { Type: "Pass", Next: "__proto__x" }, __proto__x: pass } },
    ],
  ])("%s", (_, definition) => {
    expect(errors(definition)).toEqual([]);
    expect(checkDefinition(JSON.stringify(definition))).toHaveProperty("definition", definition);
  });
});

describe("AWS's own findings, recorded or measured", () => {
  it.each<[string, unknown, string[]]>([
    ["an empty text", "", [schema("Definition must be a valid JSON object", "null")]],
    [
      "a text that is no JSON",
      "not a definition",
      [
        `INVALID_JSON_DESCRIPTION: Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [Source: (String)"not a definition"; line: 1, column: 4] at [Source: (String)"not a definition"; line: 1, column: 4]`,
      ],
    ],
    ["no StartAt", { States: { A: pass } }, [schema("These fields are required: [StartAt]", "/")]],
    ["an empty object", {}, [schema("These fields are required: [States, StartAt]", "/")]],
    ["no States", { StartAt: "A" }, [schema("These fields are required: [States]", "/")]],
    [
      "a Next that leads nowhere",
      { StartAt: "pass1", States: { pass1: { Type: "Pass", Next: "pass3" }, pass2: pass } },
      [
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: pass3 at /States/pass1/Next",
        'MISSING_TRANSITION_TARGET: State "pass2" is not reachable. at /States/pass2',
      ],
    ],
    [
      "a StartAt that leads nowhere",
      { StartAt: "Not sure", States: { "Pass One": { Type: "Pass", Next: "Y" }, ...y } },
      [
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: Not sure at /StartAt",
        'MISSING_TRANSITION_TARGET: State "Pass One" is not reachable. at /States/Pass One',
      ],
    ],
    [
      "a Default that leads nowhere",
      machine({ ...choice({ Variable: "$.a", IsNull: true, Next: "Y" }), Default: "N" }, y),
      ["MISSING_TRANSITION_TARGET: Missing 'Next' target: N at /States/X/Default"],
    ],
    [
      "a choice that leads nowhere",
      machine(choice({ Variable: "$.a", IsNull: true, Next: "N" }), y),
      ["MISSING_TRANSITION_TARGET: Missing 'Next' target: N at /States/X/Choices[0]/Next"],
    ],
    [
      "a catcher that leads nowhere",
      machine(task({ Catch: [{ ErrorEquals: ["States.ALL"], Next: "N" }] })),
      ["MISSING_TRANSITION_TARGET: Missing 'Next' target: N at /States/X/Catch[0]/Next"],
    ],
    [
      "a loop",
      machine({ Type: "Pass", Next: "X" }, { Z: { Type: "Pass", Next: "X" } }),
      ["MISSING_END_STATE: Workflow has no terminal state at null"],
    ],
    [
      "an unreachable state in a branch",
      machine({ Type: "Parallel", Branches: [{ StartAt: "W", States: { W: pass, "a/b": pass } }], End: true }),
      ['MISSING_TRANSITION_TARGET: State "a/b" is not reachable. at /States/X/Branches[0]/States/a/b'],
    ],
    [
      "a field of another type of state",
      machine(map({ TimeoutSeconds: 5 })),
      [schema("Field 'TimeoutSeconds' is not supported", "/States/X")],
    ],
    [
      "a ResultPath of a Wait",
      machine({ Type: "Wait", Seconds: 1, ResultPath: null, End: true }),
      [schema("Field 'ResultPath' is not supported", "/States/X")],
    ],
    ["an invented field", machine(map({ _comment: "c" })), [schema("Field '_comment' is not supported", "/States/X")]],
    [
      "an unknown type",
      machine({ Type: "No" }),
      [
        schema(
          "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]",
          "/States/X/Type",
        ),
      ],
    ],
    [
      "a long state name",
      { StartAt: "N".repeat(81), States: { ["N".repeat(81)]: pass } },
      [
        `INVALID_STATE_NAME: Invalid State name: State '${"N".repeat(81)}' exceeds the 80-character limit allowed by the service at /States/${"N".repeat(81)}`,
      ],
    ],
    [
      "no Next in a choice",
      machine(choice({ Variable: "$", StringMatches: "t" }), y),
      [schema("These fields are required: [Next]", "/States/X/Choices[0]")],
    ],
    ["no Choices", machine({ Type: "Choice", Default: "Y" }, y), [schema("These fields are required: [Choices]", "/States/X")]],
    [
      "a Variable that is no path",
      rule({ Variable: "Test", StringMatches: "t" }),
      [schema("Value is not a Reference Path: Reference path didn't start with '$'", "/States/X/Choices[0]/Variable")],
    ],
    [
      "an OutputPath that is no path",
      machine({ ...pass, OutputPath: "Test" }),
      [schema("Value must be a valid JSONPath.", "/States/X/OutputPath")],
    ],
    ["too long a wait", machine({ Type: "Wait", Seconds: 1e16, End: true }), [schema("Maximum value is 99999999", "/States/X/Seconds")]],
    [
      "a template's path that is none",
      machine({ ...pass, Assign: { "Variable.$": "Test" } }),
      [schema("The value for the field 'Variable.$' must be a valid JSONPath or a valid intrinsic function call", "/States/X/Assign")],
    ],
    [
      "States.ALL before others",
      machine(task({ Retry: [{ ErrorEquals: ["States.ALL"] }, { ErrorEquals: ["E"] }] })),
      [schema("States.ALL must appear alone and at end of list", "/States/X/Retry[0]/ErrorEquals[0]")],
    ],
    [
      "a Resource that is no string",
      machine(task({ Resource: { Ref: "f" } })),
      [schema("Expected value of type [STRING]", "/States/X/Resource")],
    ],
    [
      "a Resource that is no ARN",
      machine(task({ Resource: "fake123" })),
      [schema("Value is not a valid resource ARN", "/States/X/Resource")],
    ],
    [
      "a JSONPath state in a JSONata machine",
      jsonata({ ...pass, QueryLanguage: "JSONPath", Output: 1 }),
      [schema("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", "/States/X")],
    ],
    ["JSONata's Output in JSONPath", machine({ ...pass, Output: 1 }), [schema(onlyJsonata("Output"), "/States/X")]],
    [
      "Output in a JSONata Map's JSONPath state",
      machine(map({ QueryLanguage: "JSONata", ItemProcessor: { StartAt: "P", States: { P: { ...pass, Output: 1 } } } })),
      [schema(onlyJsonata("Output"), "/States/X/ItemProcessor/States/P")],
    ],
    [
      "a language that is none",
      machine({ ...pass, QueryLanguage: "jsonata", InputPath: "$.a" }),
      [
        schema(onlyJsonPath("InputPath"), "/States/X"),
        schema("Value should be one of the following: [JSONPath, JSONata]", "/States/X/QueryLanguage"),
      ],
    ],
    [
      "a language that is no string",
      machine(pass, {}, { QueryLanguage: 5 }),
      [schema("Expected value of type [STRING]", "/QueryLanguage")],
    ],
    [
      "a language of a processor",
      machine(map({ ItemProcessor: { ...inner, QueryLanguage: "JSONata" } })),
      [schema("Field 'QueryLanguage' is not supported", "/States/X/ItemProcessor")],
    ],
    ["a negative number of a Map", machine(map({ MaxConcurrency: -1 })), [schema("Minimum value is 0", "/States/X/MaxConcurrency")]],
    [
      "too high a percentage",
      machine(map({ ItemProcessor: distributed, ToleratedFailurePercentage: 100.5 })),
      [schema("Maximum value is 100.0", "/States/X/ToleratedFailurePercentage")],
    ],
    [
      "a number and its path",
      machine(map({ MaxConcurrency: 1, MaxConcurrencyPath: "$.n" })),
      [schema("There should only be one of the following fields: [MaxConcurrency, MaxConcurrencyPath]", "/States/X")],
    ],
    [
      "a Map's number from the context object",
      machine(map({ MaxConcurrencyPath: "$$.Execution.Input.n" })),
      [schema("Value is not a Reference Path", "/States/X/MaxConcurrencyPath")],
    ],
    [
      "a JSONata syntax error",
      jsonata({ ...pass, Output: { v: "{% a[1,2) %}" } }),
      ['INVALID_JSONATA_EXPRESSION: Expected "]", got "," at /States/X/Output/v'],
    ],
    [
      "names that JSONata finds nowhere",
      jsonata({ ...pass, Output: { a: { b: ["{% aaa + {'k': [$f(bbb)]} ~> $g(function($x) { aaa.c }) %}"] } } }),
      ["aaa", "bbb"].map(
        (name) => `UNSUPPORTED_JSONATA_EXPRESSION: Reference to '${name}' at the top level is not supported. at /States/X/Output/a/b[0]`,
      ),
    ],
    [
      "JSONata's own input",
      jsonata({ Type: "Wait", Seconds: "{% $.a ? $$ : 1 %}", End: true }),
      [
        "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$' at the top level is not supported. at /States/X/Seconds",
        "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$$' is not supported. at /States/X/Seconds",
      ],
    ],
    [
      "the error of a catcher read elsewhere",
      jsonata({ ...pass, Assign: { a: "{% $states.errorOutput.Error %}" } }),
      ["UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.errorOutput' does not exist. at /States/X/Assign/a"],
    ],
    [
      "a JSONata expression without its end",
      jsonata({ ...pass, Output: ["{% 1"] }),
      [schema("JSONata string must start with {% and end with %}", "/States/X/Output[0]")],
    ],
    [
      "neither Next nor End",
      machine({ Type: "Pass" }),
      [schema("This object should have only one of the following fields: [Next, End]", "/States/X"), noEnd],
    ],
    ["no type", machine({ End: true }), [schema("The field 'Type' is required", "/States/X"), noEnd]],
    ["a Next where there may be none", machine({ Type: "Succeed", Next: "Y" }, y), [schema("Field 'Next' is not supported", "/States/X")]],
    [
      "no states",
      { StartAt: "A", States: {} },
      [schema("Value cannot be empty", "/States"), "MISSING_TRANSITION_TARGET: Missing 'Next' target: A at /StartAt", noEnd],
    ],
    [
      "a variable of a parent's",
      machine({ Type: "Pass", Assign: { v: 1 }, Next: "Y" }, { Y: map({ ItemProcessor: assigning }) }),
      [
        "DUPLICATE_VARIABLE_NAME: The variable name 'v' was already defined in a parent scope. at /States/Y/ItemProcessor/States/I/Assign/v",
      ],
    ],
    ...(
      [
        [{ ManifestType: "S3_INVENTORY", InputType: "CSV" }, "The field 'CSVHeaderLocation' is required", ""],
        [{ Transformation: "LOAD_AND_FLATTEN" }, "The field 'InputType' is required", ""],
        [{ InputType: "CSV", ItemsPointer: "/data" }, "The field 'CSVHeaderLocation' is required", ""],
        [{ InputType: "JSON", CSVHeaderLocation: "FIRST_ROW" }, "Field 'CSVHeaderLocation' is not supported", ""],
        [{ InputType: "CSV", CSVHeaderLocation: "GIVEN" }, "These fields are required: [CSVHeaders]", ""],
        [{ InputType: "JSON", ManifestType: "ATHENA_DATA" }, "Field 'ManifestType' is not supported", ""],
        [
          { InputType: "JSON", ItemsPointer: "a/b" },
          "Invalid input: JSON Pointer expression must start with '/': \"a/b\"",
          "/ItemsPointer",
        ],
      ] as const
    ).map(([ReaderConfig, why, place]): [string, unknown, string[]] => [
      `a reader of ${JSON.stringify(ReaderConfig)}`,
      machine(map({ ItemProcessor: distributed, ItemReader: { Resource: "arn:aws:states:::s3:getObject", ReaderConfig } })),
      [schema(why, `/States/X/ItemReader/ReaderConfig${place}`)],
    ]),
    [
      "Next and End",
      machine({ ...pass, Next: "Y" }, y),
      [schema("There should only be one of the following fields: [Next, End]", "/States/X")],
    ],
    [
      "two ways to wait",
      machine({ Type: "Wait", Seconds: 1, SecondsPath: "$.s", End: true }),
      [schema("There should only be one of the following fields: [SecondsPath, Seconds, TimestampPath, Timestamp]", "/States/X")],
    ],
    [
      "a Timestamp that is none",
      machine({ Type: "Wait", Timestamp: "2030-01-01", End: true }),
      [schema("String does not match RFC3339 timestamp", "/States/X/Timestamp")],
    ],
    ["no choices", machine(choice(), y), [schema("Value cannot be empty", "/States/X/Choices")]],
    [
      "a choice without a test",
      rule({}),
      [schema("The object must have only one of the following fields, [And, Or, Not, Variable, Condition]", "/States/X/Choices[0]")],
    ],
    [
      "a Next inside And",
      rule({ And: [{ Variable: "$.a", IsNull: true, Next: "Y" }] }),
      [schema("Field 'Next' is not supported", "/States/X/Choices[0]/And[0]")],
    ],
    [
      "two operators",
      rule({ Variable: "$.a", IsNull: true, StringEquals: "a" }),
      [schema("There should only be one of the following fields: [IsNull, StringEquals]", "/States/X/Choices[0]")],
    ],
    [
      "a rule without errors",
      machine(task({ Catch: [{ ErrorEquals: [] }] })),
      [
        schema("These fields are required: [Next]", "/States/X/Catch[0]"),
        schema("Value cannot be empty", "/States/X/Catch[0]/ErrorEquals"),
      ],
    ],
    [
      "a jitter that is none",
      machine(task({ Retry: [{ ErrorEquals: ["E"], JitterStrategy: "SOME" }] })),
      [schema("Value should be one of the following: [NONE, FULL]", "/States/X/Retry[0]/JitterStrategy")],
    ],
    [
      "a backoff below 1",
      machine(task({ Retry: [{ ErrorEquals: ["E"], BackoffRate: 0.5 }] })),
      [schema("Minimum value is 1.0", "/States/X/Retry[0]/BackoffRate")],
    ],
    [
      "too many attempts",
      machine(task({ Retry: [{ ErrorEquals: ["E"], MaxAttempts: 100_000_000 }] })),
      [schema("Maximum value is 99999999", "/States/X/Retry[0]/MaxAttempts")],
    ],
    ["another version", machine(pass, {}, { Version: "2.0" }), [schema("Value should be one of the following: [1.0]", "/Version")]],
    [
      "a state's name twice",
      machine(map({ ItemProcessor: { StartAt: "X", States: { X: pass } } })),
      ["DUPLICATE_STATE_NAME: Duplicate State name: X at /States/X/ItemProcessor/States/X"],
    ],
    [
      "a reserved variable",
      machine({ ...pass, Assign: { states: 1 } }),
      ["RESERVED_VARIABLE_NAME: Cannot assign to reserved variable '$states'. at /States/X/Assign/states"],
    ],
    [
      "a variable's name that is none",
      machine({ ...pass, Assign: { "a-b.$": "$" } }),
      ["INVALID_VARIABLE_NAME: Invalid variable name 'a-b': the variable name contains invalid characters. at /States/X/Assign/a-b"],
    ],
    [
      "no processor",
      machine({ Type: "Map", End: true }),
      [schema("This object should have only one of the following fields: [ItemProcessor, Iterator]", "/States/X")],
    ],
    [
      "a distributed Map without ExecutionType",
      machine(map({ ItemProcessor: { ...inner, ProcessorConfig: { Mode: "DISTRIBUTED" } } })),
      [schema("These fields are required: [ExecutionType]", "/States/X/ItemProcessor/ProcessorConfig")],
    ],
    [
      "Credentials without a role",
      machine(task({ Credentials: {} })),
      [schema("The field 'RoleArn' is required but was missing", "/States/X/Credentials")],
    ],
    ...["Output", "Assign"].map((field): [string, unknown, string[]] => [
      `$states.result in the ${field} of a state that has none`,
      jsonata({ ...pass, [field]: { a: "{% $states.result %}" } }),
      [`UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.result' does not exist. at /States/X/${field}/a`],
    ]),
    [
      "$states.result before there is one",
      jsonata(task({ Arguments: "{% $states.result %}", Output: "{% $states.result %}", Assign: { r: "{% $states.result %}" } })),
      ["UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.result' does not exist. at /States/X/Arguments"],
    ],
    ...["sqs:sendMessage.sync", "sqs:sendMesage", "sqs:SendMessage", "sqss:sendMessage", "dynamodb:query", "aws-sdk:S3:listBuckets"].map(
      (resource): [string, unknown, string[]] => [
        `the resource ${resource}`,
        machine(task({ Resource: `arn:aws:states:::${resource}` })),
        [
          schema(
            `The resource provided arn:aws:states:::${resource} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.`,
            "/States/X/Resource",
          ),
        ],
      ],
    ),
  ])("%s", (_, definition, expected) => {
    expect(errors(definition)).toEqual(expected);
  });
});

describe("documented rules, in our words", () => {
  it.each<[string, Fields, string, string]>([
    [
      "a heartbeat as long as the timeout",
      machine(task({ TimeoutSeconds: 5, HeartbeatSeconds: 5 })),
      "SCHEMA_VALIDATION_FAILED",
      "/States/X/HeartbeatSeconds",
    ],
    [
      "a longest delay not above the interval",
      machine(task({ Retry: [{ ErrorEquals: ["E"], IntervalSeconds: 5, MaxDelaySeconds: 5 }] })),
      "SCHEMA_VALIDATION_FAILED",
      "/States/X/Retry[0]/MaxDelaySeconds",
    ],
    [
      "a name that an outer machine assigns",
      { StartAt: "V", States: { V: { Type: "Pass", Assign: { v: 1 }, Next: "X" }, X: map({ ItemProcessor: assigning }) } },
      "DUPLICATE_VARIABLE_NAME",
      "/States/X/ItemProcessor/States/I/Assign/v",
    ],
    [
      "it in a distributed Map",
      {
        StartAt: "V",
        States: {
          V: { Type: "Pass", Assign: { v: 1 }, Next: "X" },
          X: map({ ItemProcessor: { ...assigning, ProcessorConfig: distributed["ProcessorConfig"] } }),
        },
      },
      "DUPLICATE_VARIABLE_NAME",
      "/States/X/ItemProcessor/States/I/Assign/v",
    ],
    [
      "a name that is assigned on the way back",
      machine(map({ ItemProcessor: assigning, Assign: { v: 1 }, End: false, Next: "C" }), {
        C: choice({ Variable: "$.a", IsNull: true, Next: "X" }),
        ...y,
      }),
      "DUPLICATE_VARIABLE_NAME",
      "/States/X/ItemProcessor/States/I/Assign/v",
    ],
    [
      "too long a variable's name",
      machine({ ...pass, Assign: { ["v".repeat(81)]: 1 } }),
      "INVALID_VARIABLE_NAME",
      `/States/X/Assign/${"v".repeat(81)}`,
    ],
    ["too long a label", machine(map({ ItemProcessor: distributed, Label: "l".repeat(41) })), "INVALID_LABEL_NAME", "/States/X/Label"],
    ["a label with a blank", machine(map({ ItemProcessor: distributed, Label: "a b" })), "INVALID_LABEL_NAME", "/States/X/Label"],
    [
      "a label twice",
      machine(map({ ItemProcessor: distributed, Label: "l", End: false, Next: "Z" }), {
        Z: map({ ItemProcessor: { ...distributed, StartAt: "J", States: { J: pass } }, Label: "l" }),
      }),
      "DUPLICATE_LABEL_NAME",
      "/States/Z/Label",
    ],
    [
      "a path to several nodes as ResultPath",
      machine({ ...pass, ResultPath: "$.a[*]" }),
      "SCHEMA_VALIDATION_FAILED",
      "/States/X/ResultPath",
    ],
    [
      "a number as an operator's string",
      rule({ Variable: "$.a", StringEquals: 1 }),
      "SCHEMA_VALIDATION_FAILED",
      "/States/X/Choices[0]/StringEquals",
    ],
    [
      "a string as an operator's number",
      rule({ Variable: "$.a", NumericEquals: "1" }),
      "SCHEMA_VALIDATION_FAILED",
      "/States/X/Choices[0]/NumericEquals",
    ],
    ["a member `.$` in JSONata", jsonata(task({ Arguments: { "a.$": "$.a" } })), "SCHEMA_VALIDATION_FAILED", "/States/X/Arguments"],
    [
      "a reader without a resource",
      machine(map({ ItemProcessor: distributed, ItemReader: {} })),
      "SCHEMA_VALIDATION_FAILED",
      "/States/X/ItemReader",
    ],
    ...[
      { ManifestType: "S3_INVENTORY", InputType: "CSV" },
      { Transformation: "LOAD_AND_FLATTEN" },
      { InputType: "CSV", ItemsPointer: "/data" },
      { InputType: "JSON", CSVHeaderLocation: "FIRST_ROW" },
      { InputType: "CSV", CSVHeaderLocation: "GIVEN" },
      { InputType: "JSONL", CSVHeaders: ["id"] },
      { MaxItems: 1, MaxItemsPath: "$.n" },
    ].map((ReaderConfig): [string, Readonly<Record<string, unknown>>, string, string] => [
      `a reader of ${JSON.stringify(ReaderConfig)}`,
      machine(map({ ItemProcessor: distributed, ItemReader: { Resource: "arn:aws:states:::s3:getObject", ReaderConfig } })),
      "SCHEMA_VALIDATION_FAILED",
      "/States/X/ItemReader/ReaderConfig",
    ]),
    [
      "a writer to nowhere",
      machine(map({ ItemProcessor: distributed, ResultWriter: { Resource: "arn:aws:states:::sns:publish" } })),
      "SCHEMA_VALIDATION_FAILED",
      "/States/X/ResultWriter/Resource",
    ],
  ])("refuse %s", (_, definition, code, location) => {
    const checked = checkDefinition(JSON.stringify(definition));
    expect(checked).not.toHaveProperty("definition");
    expect(checked.diagnostics).toEqual([expect.objectContaining({ severity: "ERROR", code, location })]);
  });
});

describe("an Express machine", () => {
  it.each<[string, Fields, string]>([
    [
      "a callback",
      task({ Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken" }),
      schema("Express state machine does not support '.waitForTaskToken' service integration ", "/States/X/Resource"),
    ],
    [
      "a job",
      task({ Resource: "arn:aws:states:::states:startExecution.sync:2" }),
      schema("Express state machine does not support '.sync' service integration ", "/States/X/Resource"),
    ],
    [
      "an activity",
      task({ Resource: "arn:aws:states:us-east-1:123456789012:activity:a" }),
      schema("Express state machine does not support Activity ARN", "/States/X/Resource"),
    ],
    [
      "a distributed Map",
      map({ ItemProcessor: distributed }),
      schema(
        "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines",
        "/States/X/ItemProcessor/ProcessorConfig/Mode",
      ),
    ],
  ])("may not have %s", (_, state, expected) => {
    expect(errors(machine(state), "EXPRESS")).toEqual([expected]);
    expect(errors(machine(state))).toEqual([]);
  });

  it("is what a distributed Map's children may be, with the same rules", () => {
    const waits = { StartAt: "W", States: { W: task({ Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken" }) } };
    const children = (ExecutionType: string) =>
      machine(map({ ItemProcessor: { ...waits, ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType } } }));
    expect(errors(children("STANDARD"))).toEqual([]);
    expect(errors(children("EXPRESS"))).toEqual([
      schema(
        "Express state machine does not support '.waitForTaskToken' service integration ",
        "/States/X/ItemProcessor/States/W/Resource",
      ),
    ]);
  });
});

describe("warnings", () => {
  it.each<[string, Fields, string, string]>([
    [
      "a path without .$",
      machine(task({ Parameters: { a: ["t", { token: "$$.Task.Token" }] } })),
      "NO_DOLLAR",
      "/States/X/Parameters/a[1]/token",
    ],
    ["a variable without .$", machine(map({ ItemSelector: { bucket: "$bucket" } })), "NO_DOLLAR", "/States/X/ItemSelector/bucket"],
    ["a path as a cause", machine({ Type: "Fail", Cause: "$.cause" }), "NO_PATH", "/States/X/Cause"],
    ["a path as an operator's string", rule({ Variable: "$.a", StringEquals: "$.b" }), "NO_PATH", "/States/X/Choices[0]/StringEquals"],
    ["a path in a static result", machine({ ...pass, Result: { a: "States.UUID()" } }), "PASS_RESULT_IS_STATIC", "/States/X/Result/a"],
  ])("tell of %s and refuse nothing", (_, definition, code, location) => {
    const checked = checkDefinition(JSON.stringify(definition));
    expect(checked).toHaveProperty("definition");
    expect(checked.diagnostics).toEqual([expect.objectContaining({ severity: "WARNING", code, location })]);
  });

  it("are left out of a refusal", () => {
    const refused = machine(task({ Parameters: { a: "$.a" }, A: 1 }));
    expect(listed(checkDefinition(JSON.stringify(refused)).diagnostics)).toEqual([schema("Field 'A' is not supported", "/States/X")]);
  });

  it("do not take a price for a path", () => {
    expect(checkDefinition(JSON.stringify(machine(task({ Parameters: { a: "$5.00", b: "$", c: "US$.1" } })))).diagnostics).toHaveLength(1);
  });
});
